"""Every problem the API can answer: its stable code, its status, and what it says in both languages.

`detail` says what is wrong, `action` what to do about it. Texts may name parameters in braces.
"""

from __future__ import annotations

from typing import NamedTuple


class Said(NamedTuple):
    """A problem's words in one language."""

    title: str
    detail: str
    action: str


class Known(NamedTuple):
    """One kind of problem; `retry_after` in seconds where trying again by itself makes sense."""

    status: int
    zh: Said
    en: Said
    retry_after: int | None = None


PROBLEMS: dict[str, Known] = {
    "bad_json": Known(
        400,
        Said("数据读不懂", "请求内容不是规范的 JSON：{reason}。", "请更新应用后再试。"),
        Said("Unreadable data", "The request body is not strict JSON: {reason}.", "Update the app and try again."),
    ),
    "not_signed_in": Known(
        401,
        Said("未登录", "这里需要登录，或者登录已经过期。", "请登录后再试，未发出的内容仍保存在本机。"),
        Said(
            "Not signed in",
            "This needs a sign-in, or yours has ended.",
            "Sign in; what is unsent stays on this device.",
        ),
    ),
    "bad_credentials": Known(
        401,
        Said("登录失败", "账号、密码或验证码不对。", "请核对后重试；忘记密码请找系统管理员重置。"),
        Said(
            "Sign-in failed",
            "Account, password or code is wrong.",
            "Check them; an administrator can reset a password.",
        ),
    ),
    "second_factor_needed": Known(
        401,
        Said("需要验证码", "这个账号登录时还要动态验证码。", "请输入验证器应用上的六位数字。"),
        Said(
            "Code needed",
            "This account signs in with a one-time code too.",
            "Enter the six digits your authenticator shows.",
        ),
    ),
    "missing_header": Known(
        403,
        Said("请求不完整", "缺少请求头 {header}。", "请从本应用的页面操作；接口调用方请补上这个请求头。"),
        Said("Incomplete request", "The header {header} is missing.", "Use the app's own pages, or send that header."),
    ),
    "wrong_origin": Known(
        403,
        Said("来源不符", "请求来自别的网站，已拒绝。", "请从本应用的地址打开页面再操作。"),
        Said("Wrong origin", "The request came from another site and was refused.", "Open the app at its own address."),
    ),
    "not_found": Known(
        404,
        Said("没有找到", "没有这个内容，或者它不在您的范围内。", "请核对编号，或返回列表刷新。"),
        Said("Not found", "It does not exist or lies outside your scope.", "Check the number, or go back and refresh."),
    ),
    "method_not_allowed": Known(
        405,
        Said("不支持的操作", "这个地址不支持该请求方法。", "请查看接口文档 /api/docs。"),
        Said("Method not allowed", "This address does not take that method.", "See the documentation at /api/docs."),
    ),
    "stale_version": Known(
        409,
        Said("案件已有变化", "案件在您操作之前已经变化。", "请看最新状态；您填写的内容已存为未采纳，不会丢失。"),
        Said(
            "The case moved on",
            "The case changed before your action arrived.",
            "See its state now; what you sent is kept.",
        ),
    ),
    "not_allowed_now": Known(
        409,
        Said("现在不能这样办", "案件当前的状态不允许这个操作。", "请看现在可以做的操作；您填写的内容已保留。"),
        Said(
            "Not allowed now",
            "The case's state does not allow this action.",
            "See what is allowed; what you sent is kept.",
        ),
    ),
    "joined_too_late": Known(
        409,
        Said("这件事已经办完", "这个案件已经不在办理中。", "如果问题还在，请重新反映一次；您填写的内容已保留。"),
        Said(
            "No longer open",
            "This case is not being worked on any more.",
            "If the problem is still there, report it anew; what you sent is kept.",
        ),
    ),
    "no_longer_yours": Known(
        409,
        Said("案件已转交他人", "这个案件已经不由您办理。", "无需再处理；您填写的内容已存为未采纳，受理台可以看到。"),
        Said(
            "No longer yours", "The case is with somebody else now.", "Nothing to do; the desk can see what you sent."
        ),
    ),
    "not_yours_to_do": Known(
        409,
        Said("不是您的事项", "这一步现在由别人来做。", "请查看案件当前状态；您填写的内容已保留，受理台可以看到。"),
        Said(
            "Not yours to do", "Somebody else does this step now.", "See how the case stands; what you wrote is kept."
        ),
    ),
    "assignment_pinned": Known(
        409,
        Said("不能再退单", "退过两次，值班长已经定了由谁办。", "请继续办理；确有困难，请向值班长申请延期或挂账。"),
        Said(
            "It stays with you",
            "It was returned twice; the duty leader has decided who does it.",
            "Go on with it, or ask the duty leader for more time or a suspension.",
        ),
    ),
    "duty_leader_decides": Known(
        409,
        Said("由值班长决定", "这个案件已被退回两次，由值班长决定交给谁。", "请交给值班长派遣。"),
        Said(
            "The duty leader decides",
            "This case was returned twice; the duty leader decides who gets it.",
            "Leave it to the duty leader.",
        ),
    ),
    "return_too_late": Known(
        409,
        Said("已过退单时限", "退单时限已过。", "请继续办理，或与受理台联系改派。"),
        Said(
            "Too late to return", "The time to return it has passed.", "Go on with it, or ask the desk to reassign it."
        ),
    ),
    "no_level_above": Known(
        409,
        Said("没有上一级", "案件已在市级，不能再提级。", "请在本级办理，或移送其他平台。"),
        Said(
            "No level above",
            "The case is at the city's level already.",
            "Work it here, or transfer it to another platform.",
        ),
    ),
    "mediations_needed": Known(
        409,
        Said(
            "调解还不满三次",
            "矛盾纠纷在本级满三次有记录的调解后才能提级；危及生命安全的除外。",
            "请先调解并记录；有人有生命危险时，请选“危及生命安全”。",
        ),
        Said(
            "Three mediations first",
            "A dispute goes up after three recorded mediations at this level, unless somebody's life is in danger.",
            "Mediate and record it; if a life is in danger, say so as the cause.",
        ),
    ),
    "already_asked": Known(
        409,
        Said("已经有一件在等", "同样的申请还没有审批，或者已有领导包案。", "请等审批结果。"),
        Said(
            "One is waiting already",
            "The same request is not decided yet, or a leader owns the case already.",
            "Wait for the decision.",
        ),
    ),
    "already_appealed": Known(
        409,
        Said("已经申诉过", "每件只能申诉一次，结果以上一级的答复为准。", "如有新的情况，请重新反映。"),
        Said(
            "Appealed already",
            "A report is appealed once; what the level above said stands.",
            "If there is something new, report it anew.",
        ),
    ),
    "others_joined": Known(
        409,
        Said(
            "还有别人也遇到", "已有别人表示“我也遇到”，这件事不能再由一个人撤回。", "如果您那里已经好了，可以补充说明。"
        ),
        Said(
            "Others met it too",
            "Others have said that they met it too: it is no longer one person's to withdraw.",
            "If it is fixed where you are, add that.",
        ),
    ),
    "not_of_the_unit": Known(
        422,
        Said("不是本单位的", "内部指派只能给本单位的岗位、班组或外包队伍。", "请重新选择。"),
        Said(
            "Not of this unit",
            "A case is delegated to a post, squad or contractor of the unit that has it.",
            "Choose another.",
        ),
    ),
    "ownerless_needs_unit": Known(
        422,
        Said(
            "权属不清不能留给社区", "权属不清的案件由县区确定责任单位，不能派回社区和网格。", "请选县区或街道的单位。"
        ),
        Said(
            "Needs a responsible unit",
            "The district decides whose an ownerless case is; it is not left with community or grid.",
            "Choose a unit of the district or street.",
        ),
    ),
    "until_past": Known(
        422,
        Said("日期不对", "日期要晚于现在；延期要晚于原来的时限。", "请重新选日期。"),
        Said(
            "Not a day to come",
            "The day must lie ahead; more time must end after the present limit.",
            "Choose another day.",
        ),
    ),
    "not_a_desk_below": Known(
        422,
        Said(
            "不是下级受理台",
            "受理台之间只能下派给案件所在地的下级；上级不能这样派。",
            "请选所在地的下级受理台；本级解决不了的，请用“提级办理”。",
        ),
        Said(
            "Not a desk below",
            "A desk sends a case down to a desk of its own place, never up or aside.",
            "Choose a desk below; what this level cannot solve is escalated.",
        ),
    ),
    "held_in_future": Known(
        422,
        Said("还没有调解", "调解时间不能晚于现在。", "请填写已经进行的调解；还没开始的，请调解后再记录。"),
        Said("Not held yet", "A mediation is recorded after it was held.", "Correct when it was held."),
    ),
    "unknown_photo": Known(
        422,
        Said("没有这张照片", "只能公开这个案件自己的照片。", "请从案件的照片里选择。"),
        Said("No such photo", "Only photos of this case can be released.", "Choose among the photos of the case."),
    ),
    "unknown_case": Known(
        422,
        Said("不能并入这个案件", "主案件不存在，已经办结，或者它自己已并入别的案件。", "请重新选择主案件。"),
        Said(
            "Cannot be merged into it",
            "The main case does not exist, is over, or is merged itself.",
            "Choose another main case.",
        ),
    ),
    "units_needed": Known(
        422,
        Said("请选单位", "吹哨要写明叫哪些单位报到。", "请选至少一个单位。"),
        Said("Name the units", "A whistle says which units are called.", "Choose at least one unit."),
    ),
    "unknown_task": Known(
        422,
        Said("没有这件待批申请", "这件申请不存在，已经审批，或者是您自己提出的。", "请刷新后查看。"),
        Said(
            "No such request",
            "This request does not exist, is decided already, or is your own.",
            "Reload and look again.",
        ),
    ),
    "unknown_command": Known(
        422,
        Said("没有这条未采纳的内容", "这条内容不存在，或者不属于这个案件。", "请刷新后查看。"),
        Said("Nothing to adopt", "There is no such command on this case.", "Reload and look again."),
    ),
    "note_required": Known(
        422,
        Said("请写明情况", "这种核查方式要写明对方怎么说。", "请填写备注。"),
        Said("Say what you heard", "This way of verifying needs a note of what was said.", "Write a note."),
    ),
    "not_your_grid": Known(
        422,
        Said("不在您的网格", "只有本网格的网格员可以即报即结。", "请改为上报，由该网格处理。"),
        Said(
            "Not in your grid",
            "Only the worker of the grid reports and settles at once.",
            "Report it, and that grid takes it.",
        ),
    ),
    "settle_not_certain": Known(
        422,
        Said("还不能即报即结", "事项或地点还不确定，要先由受理台确认。", "请选事项并定位，或改为普通上报。"),
        Said(
            "Cannot be settled at once",
            "The matter or the place is not certain; the desk looks first.",
            "Choose the matter and the place, or report it without settling.",
        ),
    ),
    "unknown_matter": Known(
        422,
        Said("没有这个事项", "所选类别或事项不在本市启用的清单里。", "请刷新后重新选择。"),
        Said("Unknown matter", "This category or matter is not turned on in this city.", "Reload and choose again."),
    ),
    "unknown_assignee": Known(
        422,
        Said("没有这个承办人", "所选岗位或单位不存在，或者已经离任。", "请重新选择承办人。"),
        Said("Unknown assignee", "This post or unit does not exist, or has ended.", "Choose another assignee."),
    ),
    "already_rated": Known(
        422,
        Said("已经评价过", "这件事您已经评价过了。", "如果问题又出现，请重新上报。"),
        Said("Already rated", "You have rated this already.", "If the problem is back, report it again."),
    ),
    "rating_not_open": Known(
        422,
        Said("现在不能评价", "结案后 14 天内可以评价。", "还没结案的，请等办好以后再评价。"),
        Said("Rating is not open", "A case can be rated for 14 days after it is closed.", "Wait until it is done."),
    ),
    "twin_in_flight": Known(
        409,
        Said("同一操作正在处理", "同样的请求正在处理中。", "请稍候，系统会自动重试。"),
        Said("Already being done", "The same request is still being worked on.", "Wait; it is tried again by itself."),
        retry_after=2,
    ),
    "too_large": Known(
        413,
        Said("内容太大", "超过了上限 {limit}。", "请减小后重试；照片请用普通画质拍摄。"),
        Said("Too large", "It is larger than the limit of {limit}.", "Make it smaller; take photos in normal quality."),
    ),
    "not_a_photo": Known(
        415,
        Said("照片无法使用", "{reason_zh}", "请重新拍摄，或换一张 JPEG、PNG、WEBP、HEIC 照片。"),
        Said("Not a usable photo", "{reason_en}", "Take it again, or choose a JPEG, PNG, WEBP or HEIC photo."),
    ),
    "not_json": Known(
        415,
        Said("格式不支持", "这里只接收 JSON。", "请把 Content-Type 设为 application/json。"),
        Said("Unsupported format", "Only JSON is taken here.", "Send Content-Type: application/json."),
    ),
    "invalid": Known(
        422,
        Said("填写有误", "有内容不符合要求。", "请按标出的字段修改后再提交。"),
        Said("Please correct", "Something sent does not fit.", "Correct the fields named and send again."),
    ),
    "same_id_other_body": Known(
        422,
        Said("编号重复", "这个编号已经用于另一份内容。", "请修改后作为新的一份重新提交。"),
        Said("Id already used", "This id was used for something else.", "Send the changed content as a new one."),
    ),
    "outside_city": Known(
        422,
        Said("不在服务范围", "这个位置不在{city}范围内。", "请核对地图上的位置；其他城市的问题请向当地反映。"),
        Said(
            "Outside the city", "This place is not in {city}.", "Check the pin; report elsewhere to the city concerned."
        ),
    ),
    "place_needed": Known(
        422,
        Said("缺少位置", "没有地点，也没有地址。", "请打开定位、在地图上选点，或写下地址。"),
        Said("Place needed", "There is neither a point nor an address.", "Use GPS, drop a pin, or write the address."),
    ),
    "photo_required": Known(
        422,
        Said("缺少照片", "这一步需要照片。", "请拍摄后再提交。"),
        Said("Photo required", "This step needs a photo.", "Take one and send again."),
    ),
    "outside_fence": Known(
        422,
        Said(
            "不在现场",
            "离案件位置 {distance} 米，超出 {fence} 米的核查范围。",
            "请到现场后再提交；定位不准时请到开阔处重试。",
        ),
        Said(
            "Not on site", "You are {distance} m away; the limit is {fence} m.", "Go there, or retry GPS in the open."
        ),
    ),
    "hash_mismatch": Known(
        422,
        Said("照片传输有误", "收到的内容与它的校验值不符。", "请重新上传，系统会自动重试。"),
        Said("Damaged upload", "What arrived does not match its hash.", "Upload it again; the app does so by itself."),
    ),
    "outside_calendar": Known(
        422,
        Said("不在工作日历范围", "工作日历目前有 {first} 年到 {last} 年。", "请选择这个范围内的日期。"),
        Said("Outside the calendar", "The working calendar runs from {first} to {last}.", "Choose a day within it."),
    ),
    "absence_over": Known(
        422,
        Said("时间已过", "这段请假已经结束。", "请核对结束时间。"),
        Said("Over already", "This absence has ended already.", "Check when it ends."),
    ),
    "absence_overlaps": Known(
        409,
        Said("时间重叠", "这个岗位在这段时间已有请假安排。", "请先取消或结束原来的安排，再重新登记。"),
        Said("Overlaps", "The post is absent in that time already.", "Take the other absence back, then try again."),
    ),
    "no_reporter": Known(
        409,
        Said("没有联系方式", "这是匿名反映，没有留下姓名和电话。", "请通过回执页上的答复告知处理情况。"),
        Said("No contact", "The reporter left neither name nor number.", "Answer through the receipt's page."),
    ),
    "reporter_hidden": Known(
        409,
        Said("反映人保密", "反映人要求保密，只有受理台可以查看。", "需要联系时，请由受理台转达。"),
        Said("Kept confidential", "Only the desk may see this reporter.", "Ask the desk to pass it on."),
    ),
    "too_many_requests": Known(
        429,
        Said("操作太频繁", "请求次数超过了限制。", "请在 {seconds} 秒后再试。"),
        Said("Too many requests", "The limit of requests was passed.", "Try again in {seconds} seconds."),
        retry_after=60,
    ),
    "internal": Known(
        500,
        Said("系统出错", "服务器出了问题，已经记录。", "请稍后再试；需要帮助时请提供编号 {request_id}。"),
        Said(
            "Something broke", "The server failed; it was recorded.", "Try again later; quote {request_id} when asking."
        ),
    ),
    "storage_full": Known(
        503,
        Said("存储空间不足", "服务器暂时存不下新的内容，没有保存任何一部分。", "请保留在本机，系统会自动重试。"),
        Said(
            "Storage is full",
            "The server cannot keep anything new; nothing was saved.",
            "Keep it; it is tried again by itself.",
        ),
        retry_after=60,
    ),
    "unavailable": Known(
        503,
        Said("服务暂时不可用", "服务器暂时无法处理。", "请稍候，系统会自动重试。"),
        Said("Unavailable", "The server cannot do this right now.", "Wait; it is tried again by itself."),
        retry_after=3,
    ),
}
