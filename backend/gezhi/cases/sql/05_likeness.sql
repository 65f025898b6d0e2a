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
        ('place', '路面 马路 道路 公路 车道 水泥路 柏油路 沥青 路上'),
        ('place', '人行道 步道 步行道 便道'),
        ('place', '楼道 楼梯间 过道 走廊 楼梯'),
        ('place', '地下车库 地下停车 车库'),
        ('place', '阳台 露台'),
        ('place', '楼顶 顶楼 屋顶 天台'),
        ('place', '公交站 站台 候车'),
        ('place', '电线杆 电杆'),
        ('place', '工地 施工'),
        ('place', '单元门 大门'),
        ('place', '饭店 餐馆 饭馆 餐厅 酒楼'),
        ('place', '桥 立交'),
        ('place', '河 湖 塘 沟渠'),
        ('place', '学校 幼儿园 校门'),
        ('place', '医院 卫生院'),
        ('place', '菜市场 农贸市场 超市 商场'),
        ('place', '地铁口 地铁站'),
        ('thing', '井盖 窨井 阴井 检查井'),
        ('thing', '地砖 道砖 石板 石砖'),
        ('thing', '盲道'),
        ('thing', '减速带 减速板'),
        ('thing', '路沿 路牙 道牙 路缘'),
        ('thing', '护栏 栏杆 隔离栏 隔离墩 石墩 扶手'),
        ('thing', '路灯 灯杆 街灯 灯柱'),
        ('thing', '楼道灯 感应灯 声控灯 道的灯 道里的灯 走廊灯'),
        ('thing', '红绿灯 信号灯 交通灯'),
        ('thing', '电线 网线 光缆 光纤 电缆 线缆 高压线'),
        ('thing', '垃圾 废品 塑料'),
        ('thing', '垃圾桶 垃圾箱 果皮箱 桶'),
        ('thing', '垃圾站 垃圾房 垃圾池 垃圾点 中转站'),
        ('thing', '建筑垃圾 装修垃圾 建筑渣'),
        ('thing', '渣土'),
        ('thing', '沙发 床垫 旧家具 柜子'),
        ('thing', '小广告 牛皮癣'),
        ('thing', '纸屑 烟头 果皮 瓜子壳 落叶'),
        ('thing', '狗屎 狗粪 粪便 狗拉'),
        ('thing', '狗 犬'),
        ('thing', '猫'),
        ('thing', '鸡 鹅 鸭'),
        ('thing', '鸽'),
        ('thing', '树 枝'),
        ('thing', '草 绿化 绿地 花坛 灌木'),
        ('thing', '种菜 开荒 菜园 菜地'),
        ('thing', '虫 蚊 蝇 蟑螂 白蚁'),
        ('thing', '老鼠 鼠患'),
        ('thing', '积水 淹 内涝 下雨天'),
        ('thing', '水管 自来水 供水'),
        ('thing', '下水道 污水 排水 阴沟 化粪池 臭水'),
        ('thing', '漏水 渗水 漏到 渗到'),
        ('thing', '涵洞 隧道 地道 下穿'),
        ('thing', '消防栓 消火栓'),
        ('thing', '灭火器 消防箱'),
        ('thing', '消防通道 消防车通道 生命通道 消防车道'),
        ('thing', '安全出口 逃生 应急门 疏散'),
        ('thing', '烟感 喷淋'),
        ('thing', '杂物 纸箱 纸板 堆物 破烂'),
        ('thing', '电动车 电瓶车 电驴 电摩'),
        ('thing', '单车 自行车'),
        ('thing', '僵尸车 废旧车 报废车 破车'),
        ('thing', '汽车 面包车 私家车 小车 轿车 车辆'),
        ('thing', '货车 大车 卡车 工程车'),
        ('thing', '车位 停车场'),
        ('thing', '地锁'),
        ('thing', '斑马线 人行横道'),
        ('thing', '烧烤 夜宵 大排档'),
        ('thing', '菜摊 卖菜 菜贩'),
        ('thing', '水果'),
        ('thing', '早餐 早点'),
        ('thing', '摊 小贩 商贩'),
        ('thing', '店外 出店'),
        ('thing', '广场舞 跳舞'),
        ('thing', '打桩 混凝土 搅拌'),
        ('thing', '装修 电钻 敲墙 砸墙'),
        ('thing', '油烟'),
        ('thing', 'ktv 唱歌 歌厅'),
        ('thing', '空调 外机'),
        ('thing', '音响 喇叭 音箱'),
        ('thing', '违建 违章 搭建 加盖 乱建 私搭 扩建'),
        ('thing', '地下室'),
        ('thing', '棚 阳光房'),
        ('thing', '围挡'),
        ('thing', '灰尘 扬尘 尘土'),
        ('thing', '承重墙'),
        ('thing', '外墙 墙皮 瓷砖 墙砖'),
        ('thing', '广告牌 招牌 牌匾'),
        ('thing', '煤气 燃气 天然气 液化气'),
        ('thing', '健身 器材'),
        ('thing', '门禁'),
        ('thing', '门锁 锁'),
        ('thing', '椅 凳'),
        ('thing', '滑梯 秋千 游乐'),
        ('thing', '电梯'),
        ('thing', '公厕 厕所'),
        ('thing', '路牌 路名牌 指路牌 指示牌'),
        ('thing', '摄像头 监控'),
        ('thing', '鞋柜'),
        ('thing', '押金'),
        ('thing', '物业费'),
        ('thing', '吵架 打架 打骂 争吵 矛盾'),
        ('thing', '婆媳 婆婆 媳妇'),
        ('thing', '家产 继承 遗产'),
        ('thing', '隐私'),
        ('thing', '停水 没水 断水'),
        ('thing', '停电 跳闸 没电 断电'),
        ('thing', '工资 薪 工钱'),
        ('thing', '社保'),
        ('thing', '低保 困难补助'),
        ('thing', '独居 孤寡 一个人住'),
        ('thing', '轮椅 残疾 坡道 无障碍'),
        ('thing', '会员卡 充的卡 办的卡 预付 余额 充值'),
        ('thing', '疫苗'),
        ('thing', '电鱼'),
        ('thing', '钓鱼'),
        ('thing', '高空抛物 往楼下扔 往下扔 扔下'),
        ('thing', '传销'),
        ('thing', '箅子 篦子 雨水口 雨水井'),
        ('thing', '盖板'),
        ('thing', '台阶'),
        ('thing', '标线 划线'),
        ('thing', '反光镜'),
        ('thing', '道闸 起落杆 抬杆 闸机'),
        ('thing', '保安 门岗 岗亭'),
        ('thing', '配电箱 电箱 变压器'),
        ('thing', '充电桩 充电棚'),
        ('thing', '快递 驿站'),
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
        ('thing', '危房 墙裂 裂缝'),
        ('thing', '跑跳 拖椅子 咚咚'),
        ('thing', '麻将 棋牌'),
        ('thing', '网吧 未成年'),
        ('thing', '抽烟 吸烟 烟味'),
        ('thing', '喝酒 酒瓶'),
        ('thing', '游泳 洗澡'),
        ('thing', '流浪汉 乞讨'),
        ('thing', '拴绳 牵绳 遛狗'),
        ('thing', '诈骗 骗'),
        ('thing', '假货 缺斤'),
        ('thing', '食品 变质'),
        ('thing', '医保 报销'),
        ('thing', '补贴 津贴'),
        ('thing', '退休 养老金'),
        ('thing', '户口 居住证'),
        ('thing', '入学 学位 报名'),
        ('trouble', '坏 失灵 故障 用不了 不能用 不好使 没反应 断 烂 破 裂 不亮 没亮'),
        ('trouble', '不亮 没亮 黑灯 黑漆 漆黑 摸黑 熄 灯灭 没有灯 没灯'),
        ('trouble', '闪 晃眼 时亮'),
        ('trouble', '太亮 刺眼'),
        ('trouble', '白天'),
        ('trouble', '歪 斜 要倒 快倒 倾'),
        ('trouble', '吹倒 倒了 倒在'),
        ('trouble', '松 晃 摇 翘 拱'),
        ('trouble', '吵 噪 轰 嗡 睡不着 扰民 太响 打鸣'),
        ('trouble', '缺 不见了 没了 丢了 偷'),
        ('trouble', '坑 洼 塌 陷'),
        ('trouble', '堵 塞 占 乱停 停满 挡 拦 过不去 走不了 没路 绕'),
        ('trouble', '满 溢 清运'),
        ('trouble', '臭 味 熏 呛 难闻'),
        ('trouble', '漏 渗 滴 冒 爆'),
        ('trouble', '掉 脱落 砸'),
        ('trouble', '扔 乱倒'),
        ('trouble', '充电 飞线 插线板'),
        ('trouble', '过期'),
        ('trouble', '枯 死了'),
        ('trouble', '修剪 太高'),
        ('trouble', '脏 没人扫 打扫'),
        ('trouble', '咬 追 野 流浪'),
        ('trouble', '不退 退不 跑路'),
        ('trouble', '拖欠 不给 要不到'),
        ('trouble', '调解 劝'),
        ('trouble', '赔'),
        ('trouble', '申请'),
        ('trouble', '被困 困人 关在'),
        ('trouble', '锁了 上锁 上了锁 打不开'),
        ('trouble', '收费 太贵 涨价 多收'),
        ('trouble', '超速 太快'),
        ('trouble', '结冰 积雪 滑'),
        ('trouble', '看不清 模糊 褪色'),
        ('trouble', '发霉 长霉'),
        ('trouble', '发黄 铁锈'),
        ('trouble', '锈'),
        ('trouble', '垂 吊'),
        ('trouble', '着火 起火 冒烟 冒火'),
        ('trouble', '态度'),
        ('trouble', '反光'),
        ('filler', '了 的 不 很 就 也 要 会 怕 把 被 给 在 里 上 下 着 啊 吧 呢 吗 到 来 去 得 个 么 这 那 我 你 他 她 们 家 说 想 请 谁 只 从 和 跟 与 对 能 看 有 都 是
         又 还 好 太 人 几 天 月 年 点 次 块 条 修 什么 怎么 这里 那里 我们 我家 可以 希望 没有 没人 有人 一个 好几天 老是 经常 一直 天天 每天 晚上 早上 半夜 今天 昨天 最近
         很久 好久 好多 到处 楼下 楼上 小区 门口 隔壁 邻居 旁边 附近 路口 物业 社区 麻烦 能不能 尽快 处理 解决 反映 派人 投诉')
      ) as listed (kind, words)) lines, regexp_split_to_table(words, '\s+') word
     group by word) found
$$;

-- What a text says, as tokens: its meanings, and the characters (numbers and Latin words whole) that no word covers.
create or replace function gist_v1(p_text text) returns text[] language sql immutable parallel safe as $$
  with plain as (select left(plain_v1(p_text), 400) as t),
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
-- things and none is the same, and half of it when both name troubles and none is the same.
create or replace function gist_likeness_v1(p_a text[], p_b text[]) returns real language sql immutable parallel safe as $$
  with tokens as (
    select token, a.token is not null and b.token is not null as shared,
           (a.token is not null)::int as in_a, (b.token is not null)::int as in_b,
           token like 'thing%' as thing, token like 'trouble%' as trouble,
           case when token like 'rest%' then 0.15 when token like 'place%' then 0.4 else 1 end as weight
      from unnest(p_a) a (token) full join unnest(p_b) b (token) using (token))
  select coalesce(2 * sum(weight) filter (where shared) / sum(weight * (in_a + in_b)), 0)
         * case when sum(in_a) filter (where thing) > 0 and sum(in_b) filter (where thing) > 0
                     and not bool_or(shared) filter (where thing) then 0.5 else 1 end
         * case when sum(in_a) filter (where trouble) > 0 and sum(in_b) filter (where trouble) > 0
                     and not bool_or(shared) filter (where trouble) then 0.5 else 1 end
    from tokens
$$;

-- How like two texts are, 0 to 1. Two people write of the same problem from alike_v1() on.
create or replace function likeness_v1(p_a text, p_b text) returns real language sql immutable parallel safe as $$
  select case when plain_v1(p_a) = plain_v1(p_b) then (plain_v1(p_a) <> '')::int::real
              else gist_likeness_v1(gist_v1(p_a), gist_v1(p_b)) end
$$;

-- The threshold: chosen on the pairs for tuning, where no pair of different problems reaches it.
create or replace function alike_v1() returns real language sql immutable parallel safe as $$ select 0.55::real $$;
