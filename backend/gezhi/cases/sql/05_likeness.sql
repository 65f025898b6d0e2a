-- Likeness of short Chinese texts (rule C11), and the pairs of characters that search looks for. Trigrams of letters find
-- nothing in texts of ten characters, and plain overlap takes 路灯坏了 and 门禁坏了 for nearer than two people at the same
-- lamp: what counts is the thing and the trouble. Figures: tests/cases/test_likeness.py over tests/data.

-- A text as it is compared: full width as half width, lower case, without punctuation and white space.
create or replace function plain_v1(p_text text) returns text language sql immutable parallel safe as $$
  select regexp_replace(lower(normalize(coalesce(p_text, ''), nfkc)),
                        '[^0-9a-z\u00c0-\u024f\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]', '', 'g')
$$;

-- The overlapping pairs of characters of a text, each once. A part of a text has no pair that the whole has not, digits
-- and Latin letters included: `pairs @> pairs_v1(asked)` finds every text with the words asked for, and a few others.
create or replace function pairs_v1(p_text text) returns text[] language sql immutable parallel safe as $$
  select coalesce(array_agg(distinct substr(t, place, 2)), '{}')
    from plain_v1(p_text) t, generate_series(1, length(t) - 1) place
$$;

-- The words of likeness, to be edited here; at most six characters each. A line holds words for one meaning: `thing` what
-- it is about, `trouble` what is wrong with it, `place` where such things are (half the reports of a street name it, so it
-- says little), and `filler` what says nothing. A word may stand in several lines. As {"word": ["thing7", ...]}.
create or replace function meanings_v1() returns jsonb language sql immutable parallel safe as $$
  select jsonb_object_agg(word, meanings) from (
    select word, jsonb_agg(kind || line) as meanings from (
      select kind, row_number() over () as line, words from (values
        ('place', '路面 马路 道路 公路 车道 水泥路 柏油路 沥青 路上 街上 大街 街道 路中间 路边 路旁'),
        ('place', '人行道 步道 步行道 便道 人行路'),
        ('place', '楼道 楼梯间 过道 走廊 楼梯 走道 楼梯口 门厅 楼梯道'),
        ('place', '地下车库 地下停车 车库 地库 停车库 负一层 负二楼 负二层 车库入口'),
        ('place', '阳台 露台'),
        ('place', '楼顶 顶楼 屋顶 天台 天面 平台'),
        ('place', '公交站 站台 候车'),
        ('place', '电线杆 电杆'),
        ('place', '工地 施工 建筑工地 开工 工程'),
        ('place', '单元门 大门 门洞 门厅 楼门'),
        ('place', '饭店 餐馆 饭馆 餐厅 酒楼 火锅店 小吃店 菜馆 食堂 酒店 厨房'),
        ('place', '桥 立交'),
        ('place', '河 湖 塘 沟渠 江 渠 水塘 河边 岸边'),
        ('place', '学校 幼儿园 校门 小学 中学 校园 放学 上学 接送'),
        ('place', '医院 卫生院 诊所 门诊'),
        ('place', '菜市场 农贸市场 超市 商场 集贸 市场'),
        ('place', '地铁口 地铁站'),
        ('place', '窗户 门窗 窗台'),
        ('place', '公园 广场 游园'),
        ('place', '巷子 小巷 弄堂 巷口'),
        ('place', '天花板 顶棚 墙顶 吊顶 房顶'),
        ('place', '院内 天井'),
        ('thing', '井盖 窨井 阴井 检查井 井圈 下水盖 井口 井洞 盖子 阀门井'),
        ('thing', '地砖 道砖 石板 石砖 砖 地面砖 彩砖 花砖 石材 铺装'),
        ('thing', '盲道'),
        ('thing', '减速带 减速板'),
        ('thing', '路沿 路牙 道牙 路缘'),
        ('thing', '护栏 栏杆 隔离栏 隔离墩 石墩 扶手 围栏 栅栏 防护栏 隔离桩'),
        ('thing', '路灯 灯杆 街灯 灯柱 灯泡 景观灯 照明 路上的灯 门口的灯'),
        ('thing', '楼道灯 感应灯 声控灯 道的灯 道里的灯 走廊灯'),
        ('thing', '红绿灯 信号灯 交通灯 指示灯'),
        ('thing', '电线 网线 光缆 光纤 电缆 线缆 高压线 线杆 缆线 宽带线 电话线 通信线 通讯线 线路 飞线 电缆线'),
        ('thing', '垃圾 废品 塑料 脏东西 生活垃圾 厨余 湿垃圾'),
        ('thing', '垃圾桶 垃圾箱 果皮箱 桶 垃圾筒'),
        ('thing', '垃圾站 垃圾房 垃圾池 垃圾点 中转站'),
        ('thing', '建筑垃圾 装修垃圾 建筑渣 砖块 碎砖 混凝土块 瓷砖块 瓦砾 石膏板 废料 大块垃圾 建材'),
        ('thing', '渣土 泥土 运土 泥头车 土方 黄土 泥浆'),
        ('thing', '沙发 床垫 旧家具 柜子 旧床 衣柜 家具 家电 洗衣机 旧电视 木板 大件'),
        ('thing', '小广告 牛皮癣 贴满 乱贴 张贴 喷的字 广告纸 广告单 野广告'),
        ('thing', '纸屑 烟头 果皮 瓜子壳 落叶 塑料袋 烟蒂 包装袋 瓶子 饮料瓶'),
        ('thing', '狗屎 狗粪 粪便 狗拉 狗尿 拉屎'),
        ('thing', '狗 犬 狗叫 小狗 大狗 恶犬'),
        ('thing', '猫'),
        ('thing', '鸡 鹅 鸭'),
        ('thing', '鸽'),
        ('thing', '树 枝 树枝 大树 树木 行道树 梧桐 树冠 树干'),
        ('thing', '草 绿化 绿地 花坛 灌木 绿化带 草坪 草地 杂草 花草 花圃 绿篱 花 盆景'),
        ('thing', '种菜 开荒 菜园 菜地 种葱 毁绿'),
        ('thing', '虫 蚊 蝇 蟑螂 白蚁 黄蜂 蜂巢 跳蚤 虫害'),
        ('thing', '老鼠 鼠患 耗子'),
        ('thing', '积水 淹 内涝 下雨天 水坑 泡水 水深 排不走 下雨 下大雨 暴雨 大雨 雨水 没过 涨水'),
        ('thing', '水管 自来水 供水 爆管 管道 总管'),
        ('thing', '下水道 污水 排水 阴沟 化粪池 臭水 下水 管网 粪池 屎尿 返水 返味 排污'),
        ('thing', '漏水 渗水 漏到 渗到 滴到 湿透 泡水 渗 水渍 往下滴 漏雨 楼上漏'),
        ('thing', '涵洞 隧道 地道 下穿'),
        ('thing', '消防栓 消火栓'),
        ('thing', '灭火器 消防箱'),
        ('thing', '消防通道 消防车通道 生命通道 消防车道 消防车 救援通道 登高面'),
        ('thing', '安全出口 逃生 应急门 疏散'),
        ('thing', '烟感 喷淋'),
        ('thing', '杂物 纸箱 纸板 堆物 破烂 纸皮 旧家具 破铜烂铁 堆东西 堆放 堆满 东西堆 废纸 货物'),
        ('thing', '电动车 电瓶车 电驴 电摩 电动自行车 电车 电单车 摩托 电瓶 非机动车'),
        ('thing', '单车 自行车 共享 哈啰 脚踏车'),
        ('thing', '僵尸车 废旧车 报废车 破车 废弃车 破烂车 没人开 停了半年 长期停 积灰'),
        ('thing', '汽车 面包车 私家车 小车 轿车 车辆 车子 小汽车 白车 黑车 停车 车停 有车 台车 车主'),
        ('thing', '货车 大车 卡车 工程车 半挂 挂车 罐车 大货 吊车'),
        ('thing', '车位 停车场 停车位 泊位'),
        ('thing', '地锁 私占 圈占 桩子 雪糕筒 挡车桩'),
        ('thing', '斑马线 人行横道'),
        ('thing', '烧烤 夜宵 大排档 宵夜 龙虾 烤串 串串'),
        ('thing', '菜摊 卖菜 菜贩 菜农 鱼贩 肉摊'),
        ('thing', '水果 甘蔗 桔子 瓜果'),
        ('thing', '早餐 早点'),
        ('thing', '摊 小贩 商贩 摆摊 地摊 摆卖 卖东西 流动 叫卖 游商 推车 三轮车 卖水果 卖衣服'),
        ('thing', '店外 出店 占道经营 店门口 摆到外 摆出来 堆到外 跨门 店铺'),
        ('thing', '广场舞 跳舞 舞曲 歌舞'),
        ('thing', '打桩 混凝土 搅拌 挖机 挖掘机 夜间施工 钻机'),
        ('thing', '装修 电钻 敲墙 砸墙 电锤 冲击钻 打墙 敲打 铲墙'),
        ('thing', '油烟 排烟 抽油烟 烟管 排油烟 厨房'),
        ('thing', 'ktv 唱歌 歌厅 酒吧 卡拉 歌舞厅 唱k 音乐'),
        ('thing', '空调 外机'),
        ('thing', '音响 喇叭 音箱 音乐 重低音 高音'),
        ('thing', '违建 违章 搭建 加盖 乱建 私搭 扩建 违法建 盖房 建房 搭了 圈地 砌 砌墙 圈起 占绿 阁楼 天台 加层'),
        ('thing', '地下室'),
        ('thing', '棚 阳光房 彩钢 雨棚 遮阳棚 车棚'),
        ('thing', '围挡'),
        ('thing', '灰尘 扬尘 尘土 灰大 粉尘 沙尘 雾炮 泥土'),
        ('thing', '承重墙 主体结构 拆墙 砸墙 敲墙 裂缝 墙体'),
        ('thing', '外墙 墙皮 瓷砖 墙砖 瓷片 墙面 墙体 保温层'),
        ('thing', '广告牌 招牌 牌匾 店招 灯牌'),
        ('thing', '煤气 燃气 天然气 液化气 煤气味 管道气'),
        ('thing', '健身 器材 单杠 双杠 漫步机 扭腰 跑步机 转盘'),
        ('thing', '门禁 电子门 对讲 门锁 大铁门 门坏'),
        ('thing', '门锁 锁'),
        ('thing', '椅 凳 座位 座椅 石凳 长凳'),
        ('thing', '滑梯 秋千 游乐'),
        ('thing', '电梯 轿厢 升降梯 爬楼 走楼梯'),
        ('thing', '公厕 厕所 洗手间 茅坑'),
        ('thing', '路牌 路名牌 指路牌 指示牌'),
        ('thing', '摄像头 监控'),
        ('thing', '鞋柜'),
        ('thing', '押金'),
        ('thing', '物业费'),
        ('thing', '吵架 打架 打骂 争吵 矛盾 打人 家暴 殴打 两口子 夫妻 吵闹 动手'),
        ('thing', '婆媳 婆婆 媳妇'),
        ('thing', '家产 继承 遗产'),
        ('thing', '隐私 偷拍'),
        ('thing', '停水 没水 断水 水停 来水 没来水 水都没'),
        ('thing', '停电 跳闸 没电 断电 来电 没有电 电停 空开 断闸'),
        ('thing', '工资 薪 工钱 欠钱 欠薪 农民工 血汗钱 干活的钱 打工'),
        ('thing', '社保'),
        ('thing', '低保 困难补助'),
        ('thing', '独居 孤寡 一个人住 孤老'),
        ('thing', '轮椅 残疾 坡道 无障碍'),
        ('thing', '会员卡 充的卡 办的卡 预付 余额 充值 预存 储值 办卡 年卡'),
        ('thing', '疫苗'),
        ('thing', '电鱼'),
        ('thing', '钓鱼'),
        ('thing', '高空抛物 往楼下扔 往下扔 扔下 丢下来 扔下来 抛物'),
        ('thing', '传销'),
        ('thing', '箅子 篦子 雨水口 雨水井'),
        ('thing', '盖板'),
        ('thing', '台阶'),
        ('thing', '标线 划线 斑马线'),
        ('thing', '反光镜'),
        ('thing', '道闸 起落杆 抬杆 闸机 栏杆机'),
        ('thing', '保安 门岗 岗亭'),
        ('thing', '配电箱 电箱 变压器'),
        ('thing', '充电桩 充电棚'),
        ('thing', '快递 驿站 包裹 取件 快递柜'),
        ('thing', '外卖 骑手'),
        ('thing', '宣传栏 公告栏'),
        ('thing', '喷泉'),
        ('thing', '雕塑 雕像'),
        ('thing', '玻璃'),
        ('thing', '灯箱 霓虹 显示屏'),
        ('thing', '沙子 砂石 石子 水泥'),
        ('thing', '烧垃圾 烧树叶 烧秸秆 烧东西 焚烧'),
        ('thing', '水箱 二次供水'),
        ('thing', '水费 电费 燃气费'),
        ('thing', '危房 墙裂 裂缝 危墙 老房子'),
        ('thing', '跑跳 拖椅子 咚咚 蹦 脚步声 拖鞋'),
        ('thing', '麻将 棋牌'),
        ('thing', '网吧 未成年'),
        ('thing', '抽烟 吸烟 烟味'),
        ('thing', '喝酒 酒瓶'),
        ('thing', '游泳 洗澡'),
        ('thing', '流浪汉 乞讨'),
        ('thing', '拴绳 牵绳 遛狗'),
        ('thing', '诈骗 骗 忽悠 上当 假药 推销'),
        ('thing', '假货 缺斤'),
        ('thing', '食品 变质'),
        ('thing', '医保 报销'),
        ('thing', '补贴 津贴'),
        ('thing', '退休 养老金'),
        ('thing', '户口 居住证'),
        ('thing', '入学 学位 报名'),
        ('thing', '菜叶 菜叶子 鱼内脏 菜皮'),
        ('thing', '鱼 鱼塘 养鱼'),
        ('thing', '施肥 浇花'),
        ('thing', '养鸡 养狗 养猪'),
        ('thing', '校车 接孩子 接小孩 接学生'),
        ('thing', '出租车 的士'),
        ('thing', '公交'),
        ('thing', '打牌 麻将馆'),
        ('thing', '晒被 晾晒 晒衣'),
        ('thing', '赡养 抚养 老爹'),
        ('thing', '房产 分家 老宅'),
        ('thing', '体检 看病 老年卡 助餐 食堂 送餐'),
        ('thing', '水表 电表 燃气表'),
        ('trouble', '坏 失灵 故障 用不了 不能用 不好使 没反应 断 烂 破 裂 不亮 没亮 停了 停运 罢工 没修 没法用
         失效 散架 裂开 踩断 不灵 用不得 关不上 开不了'),
        ('trouble', '不亮 没亮 黑灯 黑漆 漆黑 摸黑 熄 灯灭 没有灯 没灯 不亮灯 黑漆漆 黑乎乎 黑咕隆咚 太黑 好黑
         亮不了 看不见 灯全灭 太暗 昏暗'),
        ('trouble', '闪 晃眼 时亮 频闪 忽亮忽灭 时亮时灭 跳闪'),
        ('trouble', '太亮 刺眼'),
        ('trouble', '白天 大白天 不关 没熄 长亮 常亮 长明 亮着 浪费电 费电'),
        ('trouble', '歪 斜 要倒 快倒 倾 歪了 斜了 倾斜 快要倒 撞斜 歪歪 摇摇欲坠'),
        ('trouble', '吹倒 倒了 倒在 断了 倒下 倒伏 横在 刮倒 倾倒 倒树'),
        ('trouble', '松 晃 摇 翘 拱 松动 活动 不稳 不平 起鼓 鼓起 响 咣当 哐哐'),
        ('trouble', '吵 噪 轰 嗡 睡不着 扰民 太响 打鸣 闹 咚咚 嗡嗡 咚 响 叫 没法睡 睡不好 失眠 休息 睡觉 通宵 作业'),
        ('trouble', '缺 不见了 没了 丢了 偷 没有盖 没盖 盖子没 丢失 失踪 被盗 掉进 不见 掉下去'),
        ('trouble', '坑 洼 塌 陷 坑洼 破损 塌陷 下沉 凹 破烂 没铺 没填 烂路 挖开 挖了 挖断'),
        ('trouble', '堵 塞 占 乱停 停满 挡 拦 过不去 走不了 没路 绕 挡住 占用 占了 堵死 堵住 出不去 进出 乱放 乱摆
         走不过 挤 没法走 不好走 摆 停在 一排 横停 停了 停到 占满'),
        ('trouble', '满 溢 清运 没收 没清 没人清 不清 没倒 没拖 堆积 堆满 没拉'),
        ('trouble', '臭 味 熏 呛 难闻 恶心 腥 发臭 呛人 气味 油烟味 味道'),
        ('trouble', '漏 渗 滴 冒 爆 漏水 喷 流 涌 涌出 爆裂 往外流 溢 溢出 倒灌'),
        ('trouble', '掉 脱落 砸 掉下 坠落 剥落 落下 脱 砸到 砸坏'),
        ('trouble', '扔 乱倒 丢 倒在 丢在 丢弃 乱丢 倾倒 偷倒 乱扔 抛 丢到 扔在'),
        ('trouble', '充电 飞线 插线板 拉线 插座 拉电 插排 接线板'),
        ('trouble', '过期'),
        ('trouble', '枯 死了 枯死 干死 枯黄 干枯'),
        ('trouble', '修剪 太高 没剪 剪 割 太矮 太密 疯长 伸到 长到'),
        ('trouble', '脏 没人扫 打扫 不干净 没扫 清扫 清洁 油污 污渍 恶劣 邋遢 乱七八糟 没打扫 菜叶'),
        ('trouble', '咬 追 野 流浪 伤人 没牵 不拴 没拴 追人 乱跑 扑'),
        ('trouble', '不退 退不 跑路'),
        ('trouble', '拖欠 不给 要不到 欠 没发 没给 讨薪 不肯给 扣'),
        ('trouble', '调解 劝 劝一劝 协调 讲理 评理'),
        ('trouble', '赔 赔偿 不肯修 不修 推脱'),
        ('trouble', '申请'),
        ('trouble', '被困 困人 关在 困住 困在 关人'),
        ('trouble', '锁了 上锁 上了锁 打不开'),
        ('trouble', '收费 太贵 涨价 多收 涨了 加价 贵 多收钱'),
        ('trouble', '超速 太快'),
        ('trouble', '结冰 积雪 滑 打滑 湿滑'),
        ('trouble', '看不清 模糊 褪色'),
        ('trouble', '发霉 长霉'),
        ('trouble', '发黄 铁锈'),
        ('trouble', '锈'),
        ('trouble', '垂 吊 拖到 垂到 耷拉 掉下来 断了'),
        ('trouble', '着火 起火 冒烟 冒火'),
        ('trouble', '态度'),
        ('trouble', '反光'),
        ('trouble', '看得到 挡光 采光 遮光'),
        ('trouble', '泄漏'),
        ('trouble', '踩坏'),
        ('trouble', '水质 浑浊 发黄 发黑'),
        ('filler', '了 的 不 很 就 也 要 会 怕 把 被 给 在 里 上 下 着 啊 吧 呢 吗 到 来 去 得 个 么 这 那 我 你
         他 她 们 家 说 想 请 谁 只 从 和 跟 与 对 能 看 有 都 是 又 还 好 太 人 几 天 月 年 点 次 块 条 修 什么
         怎么 这里 那里 我们 我家 可以 希望 没有 没人 有人 一个 好几天 老是 经常 一直 天天 每天 晚上 早上 半夜
         今天 昨天 最近 很久 好久 好多 到处 楼下 楼上 小区 门口 隔壁 邻居 旁边 附近 路口 物业 社区 麻烦 能不能
         尽快 处理 解决 反映 派人 投诉 天不亮 天没亮 吵死了 臭死了 沟通 反应过 掉头 断断续续 要死 热死了 烦死了
         一条路 管道工 路过 真的 总是 赶紧 看看 几时 知道 屋里 家里 这个 那个 里面 上面 死了 小孩 孩子 老人家 危险
         安全 影响 昨日 今朝 今天早上 话 晓得 蛮 得很 厉害 吓死人 好几 每次 管管 没人管 不管 不敢 全是 都是 差点
         全 通知')
      ) as listed (kind, words)) lines, regexp_split_to_table(words, '\s+') word
     group by word) found
$$;

-- What a text says, as tokens: its meanings, and the characters (numbers and Latin words whole) that no word covers. 冇 is
-- 没 as people of Nanchang write it.
create or replace function gist_v1(p_text text) returns text[] language sql immutable parallel safe as $$
  with plain as (select translate(left(plain_v1(p_text), 400), '冇', '没') as t),
  words as (
    select place, size, meanings_v1() -> substr(t, place, size) as meanings
      from plain, generate_series(1, length(t)) place, generate_series(1, 6) size
     where meanings_v1() ? substr(t, place, size)),
  covered as (select distinct place + further as place from words, generate_series(0, size - 1) further),
  rest as (
    select string_agg(case when c.place is null then substr(t, p, 1) else ' ' end, '' order by p) as t
      from plain, generate_series(1, length(t)) p left join covered c on c.place = p)
  select coalesce(array_agg(distinct token) filter (where token not like 'filler%'), '{}') from (
    select jsonb_array_elements_text(meanings) as token from words
    union all
    select 'rest' || (regexp_matches(t, '[0-9a-z]+|[^ ]', 'g'))[1] from rest) tokens
$$;

-- How like two gists are, 0 to 1: twice the weight of what they share over the weight of all; half of it when both name
-- things and none is the same, and half of it when both name troubles and none is the same. What no word covers weighs no
-- more than two characters of a text: else whoever writes at length, or in words not listed, is like nobody.
create or replace function gist_likeness_v1(p_a text[], p_b text[]) returns real language sql immutable parallel safe as $$
  with tokens as (
    select token, a.token is not null as in_a, b.token is not null as in_b,
           token like 'thing%' as thing, token like 'trouble%' as trouble, token like 'rest%' as rest,
           case when token like 'place%' then 0.4 else 1 end as weight
      from unnest(p_a) a (token) full join unnest(p_b) b (token) using (token)),
  sums as (
    select coalesce(sum(weight) filter (where in_a and not rest), 0)
             + least(0.15 * count(*) filter (where in_a and rest), 0.3) as a,
           coalesce(sum(weight) filter (where in_b and not rest), 0)
             + least(0.15 * count(*) filter (where in_b and rest), 0.3) as b,
           coalesce(sum(weight) filter (where in_a and in_b and not rest), 0)
             + least(0.15 * count(*) filter (where in_a and in_b and rest), 0.3) as shared,
           bool_or(in_a and thing) and bool_or(in_b and thing)
             and not bool_or(in_a and in_b and thing) as other_thing,
           bool_or(in_a and trouble) and bool_or(in_b and trouble)
             and not bool_or(in_a and in_b and trouble) as other_trouble
      from tokens)
  select coalesce(2 * shared / nullif(a + b, 0), 0) * case when other_thing then 0.5 else 1 end
         * case when other_trouble then 0.5 else 1 end
    from sums
$$;

-- How like two texts are, 0 to 1. Two people write of the same problem from alike_v1() on.
create or replace function likeness_v1(p_a text, p_b text) returns real language sql immutable parallel safe as $$
  select case when plain_v1(p_a) = plain_v1(p_b) then (plain_v1(p_a) <> '')::int::real
              else gist_likeness_v1(gist_v1(p_a), gist_v1(p_b)) end
$$;

-- The threshold: chosen on the pairs for tuning and on those of the fresh pairs that were looked at.
create or replace function alike_v1() returns real language sql immutable parallel safe as $$ select 0.55::real $$;
