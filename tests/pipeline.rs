//! The promises of the whole pipeline, for arbitrary strings: cleaning twice is cleaning once, the original
//! comes back from the clean text, every stage can be switched off, and threads change nothing.

use jiaokan::edit::PieceKind;
use jiaokan::{Cleaner, Config, RuleId, StageId};
use proptest::prelude::*;

/// Fragments that make the stages work, and work for one another.
const FRAGMENTS: &[&str] = &[
    "市委副書(shū)記",
    "市長(zhǎng)",
    "問(wèn)題",
    "勇?lián)姑?、",
    "主?dòng)作為",
    "系(xi)(xi)統(tong)",
    "（fā）",
    "发(fā)展",
    "(",
    ")",
    "（",
    "）",
    "?",
    "？",
    ",",
    "，",
    "。",
    "、",
    ":",
    "：",
    ";",
    "!",
    "\"",
    "“",
    "”",
    "'",
    "-",
    "¬",
    "\u{ad}",
    "\n",
    "\n\n",
    "\n\n\n",
    "\r\n",
    "\r\n\r\n",
    " ",
    "  ",
    "\u{3000}\u{3000}",
    "|",
    "(下转第3版)",
    "（上接第1版）",
    "图为奠基仪式现场。",
    "梁琛 摄",
    "资料图",
    "集中教育整",
    "顿暨专项整治",
    "今年是全",
    "面实施",
    "雄安新区",
    "区，优化",
    "困难和问题。",
    "问题。",
    "的的",
    "一体",
    "目的",
    "infor",
    "mation",
    "well",
    "known",
    "的",
    "经济发展，",
    "經濟發展",
    "著力",
    "著名",
    "3,800",
    "10:30",
    "100MW",
    "http://a.cn/b",
    "`code,`",
    "```",
    "<b>",
    "&nbsp;",
    "⼀",
    "⽂",
    "\u{fffd}",
    "锟斤拷",
    "かな",
    "中",
    "a",
    "é",
    "𠮷",
    "\u{200b}",
    "\t",
    "\0",
    "# ",
    "- ",
    "1、",
    "本报讯",
    "闻令而动、擂鼓出征，坚定不移贯 彻落实市两会精神，紧紧围绕市委、市 政府的战略部署",
];

fn text() -> impl Strategy<Value = String> {
    let fragment = prop_oneof![
        9 => prop::sample::select(FRAGMENTS).prop_map(str::to_owned),
        1 => any::<String>(),
        1 => "\\PC{0,6}",
    ];
    prop::collection::vec(fragment, 0..40).prop_map(|parts| parts.concat())
}

fn config() -> impl Strategy<Value = Config> {
    (prop::collection::vec(prop::sample::select(&StageId::ALL[..]), 0..3), any::<bool>())
        .prop_map(|(skip, select_unsafe)| Config { skip, select_unsafe, ..Config::default() })
}

/// A `?` before a mark may stand for lost bytes on a page that software glossed; without the glosses nothing says so.
#[test]
fn a_page_is_clean_without_its_glosses_too() {
    let cleaner = Cleaner::new(Config::default()).unwrap();
    for page in ["？;<b>市委副書(shū)記市長(zhǎng)", "系(xi)(xi)統(tong)市委副書(shū)記?!ainfor"]
    {
        let cleaned = cleaner.clean(page);
        assert!(cleaned.is_changed());
        assert_eq!(cleaner.clean(cleaned.text()).text(), cleaned.text());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn cleaning_twice_is_cleaning_once(text in text(), config in config()) {
        let cleaner = Cleaner::new(config).unwrap();
        let once = cleaner.clean(&text);
        let twice = cleaner.clean(once.text());
        prop_assert_eq!(twice.text(), once.text());
    }

    #[test]
    fn the_original_comes_back(text in text(), config in config()) {
        let cleaned = Cleaner::new(config).unwrap().clean(&text).into_owned();
        let restored = cleaned.layer().restore(cleaned.text(), |piece| piece.source.of(&text));
        prop_assert_eq!(&restored, &text);
        for piece in cleaned.layer().pieces().iter().filter(|piece| piece.kind == PieceKind::Copy) {
            prop_assert_eq!(piece.source.of(&text), piece.output.of(cleaned.text()));
        }
        let all: Vec<usize> = cleaned.changes().iter().map(|change| change.id).collect();
        prop_assert_eq!(cleaned.refuse(&all).text, text);
        for finding in cleaned.findings() {
            prop_assert!(cleaned.original().get(finding.span.start..finding.span.end).is_some());
        }
    }

    #[test]
    fn protected_text_stays(text in text()) {
        let config = Config { protect: vec!["經濟|問|雄安新区|,中|“".to_owned()], ..Config::default() };
        let pattern = regex::Regex::new(&config.protect[0]).unwrap();
        let cleaned = Cleaner::new(config).unwrap().clean(&text).into_owned();
        for found in pattern.find_iter(&text) {
            let untouched = |piece: &&jiaokan::edit::Piece| piece.source.start < found.end() && found.start() < piece.source.end;
            for piece in cleaned.layer().pieces().iter().filter(untouched) {
                let (from, until) = (found.start().max(piece.source.start), found.end().min(piece.source.end));
                let positional = matches!(piece.kind, PieceKind::Copy | PieceKind::Convert);
                prop_assert!(positional, "{:?} was edited", found.as_str());
                let shift = piece.output.start;
                prop_assert_eq!(&text[from..until], &cleaned.text()[from - piece.source.start + shift..until - piece.source.start + shift]);
            }
        }
    }

    #[test]
    fn any_bytes_come_back(bytes in prop_oneof![prop::collection::vec(1..=255u8, 0..200), prop::collection::vec(0x81..=0xfeu8, 0..200)], bom in prop::sample::select(vec![&b""[..], b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"])) {
        let bytes = [bom, &bytes].concat();
        if let Ok(decoded) = jiaokan::decode(&bytes, true) {
            prop_assert_eq!(decoded.encode(), bytes);
        }
    }
}

#[test]
fn nothing_is_done_where_every_stage_is_off() {
    let text = FRAGMENTS.concat();
    let cleaner = Cleaner::new(Config { stages: Vec::new(), ..Config::default() }).unwrap();
    assert!(!cleaner.clean(&text).is_changed());
}

#[test]
fn only_the_chosen_rule_works() {
    let config = Config { only: vec![RuleId::PinyinGloss], ..Config::default() };
    let cleaner = Cleaner::new(config).unwrap();
    let cleaned = cleaner.clean("市委副書(shū)記、市長(zhǎng),");
    assert_eq!(cleaned.text(), "市委副書記、市長,");
}

#[test]
fn the_share_of_traditional_characters_that_counts_can_be_set() {
    let clean = |traditional_share| {
        let cleaner = Cleaner::new(Config { traditional_share, ..Config::default() }).unwrap();
        cleaner.clean("近日，刘鹹在会上说，要把各项工作抓紧抓好抓实。").into_text().into_owned()
    };
    assert!(clean(Config::default().traditional_share).contains("刘鹹"));
    assert!(clean(0.0).contains("刘咸"));
}

#[test]
fn blocks_are_cleaned_alike_for_any_number_of_threads() {
    let paragraph = "市委副書(shū)記、市長(zhǎng)調(diào)研,提出問(wèn)題。\n\n";
    let text = paragraph.repeat((5 << 20) / paragraph.len());
    let cleaner = Cleaner::new(Config::default()).unwrap();
    let clean = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| cleaner.clean(&text).into_owned())
    };
    let (one, four) = (clean(1), clean(4));
    assert!(one.text() == four.text());
    assert!(one.changes() == four.changes());
    assert!(
        one.text()
            == "市委副书记、市长调研，提出问题。\n\n"
                .repeat(text.len() / paragraph.len())
                .trim_end()
                .to_owned()
                + "\n",
        "blocks are cut at blank lines and keep them"
    );
}

/// Giving a document back as it was for want of a fixed point is a last resort: it may not become a habit.
#[test]
fn nearly_everything_converges() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let cleaner = Cleaner::new(Config::default()).unwrap();
    let mut runner = TestRunner::deterministic();
    let stuck = (0..2000)
        .filter(|_| {
            let text = text().new_tree(&mut runner).unwrap().current();
            cleaner.clean(&text).findings().iter().any(|finding| finding.rule == RuleId::NotConverged)
        })
        .count();
    assert!(stuck <= 20, "{stuck} of 2000 did not converge");
}

#[test]
fn lines_whose_writers_leave_stops_out_stay() {
    let text = "\
书的内容很一般，翻了几页就看不下去了，感觉被封面骗了，送人都拿不出手
收到货以后发现少了一本，打了三次电话都说帮我查，到现在也没有下文
之前住过一次还可以。这次去房间里有一股霉味，空调声音大得睡不着
早餐品种太少，去晚了连鸡蛋都没有，服务员态度也很冷淡，问她什么都说不知道
买来给父母用的，屏幕够大，声音也响，就是系统自带的软件太多，删又删不掉
孩子今年五岁，特别喜欢里面的恐龙，每天睡觉前都要翻一遍才肯关灯
从车站走过去大概要二十分钟，路上没有路灯，一个女孩子晚上住不太放心
物流很快，第二天就到了。不过包装太简单，角上磕掉了一块漆
朋友推荐来的，菜的味道确实不错，就是上菜太慢，等了将近一个小时
键盘手感偏软，打字久了手腕有点酸，散热倒是比以前那台好多了
作者的文笔很好，读起来一点也不枯燥，看完以后对那段历史有了新的认识
前台办手续太慢，排了半个小时的队，房间倒是挺大，窗外能看到海
";
    let cleaner = Cleaner::new(Config::default()).expect("defaults");
    assert_eq!(cleaner.clean(text).text(), text);
    // What was cut is joined by the same measure.
    let cut = "\
会议指出，各级各部门要切实把思想和行动统一到党中央的决策部署上来，加强组
织领导，落实工作责任，确保各项任务按期完成。
记者昨日从市农业局获悉，今年全市粮食总产量预计比去年增长百分之三，夏粮收
购工作已经全面展开，各地粮站都做好了准备。
新建的图书馆位于城区东部，占地面积八千平方米，藏书三十万册，可同时容纳五
百名读者阅览，预计明年春天对外开放。
";
    assert_eq!(cleaner.clean(cut).text().lines().count(), 3);
}

/// Texts of kinds that no newspaper prints, which lost lines, characters or their form before.
#[test]
fn clean_texts_of_many_kinds_stay() {
    let cleaner = Cleaner::new(Config::default()).expect("defaults");
    for text in [
        // A table, in which one name recurs.
        "\
3301,\"松林路街道\",33,6
3302,\"新街\",33,6
3303,\"青石桥乡\",33,6
3304,\"北坡村委会\",33,6
3305,\"望江里社区\",33,6
3306,\"新街\",33,6
3307,\"南塘镇\",33,6
3308,\"东岭乡\",33,6
3309,\"西坝社区\",33,6
3310,\"新街\",33,6
3311,\"白鹭村委会\",33,6
",
        // Two songs.
        "\
渔家秋晚
江上晚。
渔灯一点随波远。
随波远。
芦花似雪，月明沙岸。

归来且把新篘满。
醉中不问寒更短。
寒更短。
鱼龙在在，露珠团团。
",
        // A song in whole stanzas.
        "\
山家
雨过溪桥，苔生石径，一径通幽。
竹里人家的的明，鹤归风满楼。满楼。
野老提壶，樵童引路，共话春秋。
",
        // Numbered verses without their numbers, which end behind commas.
        "\
那时有一个牧人住在河的东边，
他有七个儿子和许多羊群，
羊群在山坡上吃草。
有一天，北方来的使者到了他的门前，
对他说：“你当把最好的羊献给城里的王，
使你的家得平安。”
牧人听了这话，就与他的众子商议，
众子都说：“我们应当照着使者所说的去行。”
于是他们清早起来，牵着羊往城里去，
走了三天三夜，
到了城门口的时候，守门的人已经睡了。
",
        // A recipe with its pictures.
        "\
把馅料搅拌均匀，擀好面皮，备用

![备好的面皮](./面皮.jpg)

锅中加水，大火烧开，放入饺子

![下锅](./下锅.jpg)

**最后要提醒大家，煮的时候不要盖上锅盖。**

等到饺子全部浮起来，再煮两分钟就可以出锅了。
",
        // Operators and options.
        "\
数组前面写三个点（...）就是展开。
先执行“build -j ...”再安装。
",
        // Items one behind the other, and what nobody understands.
        "\
附录列出了全部规定的名称：12．城市供水条例（第3章） 13．城市照明条例（第4章） 14．河道管理条例，以上共三项。
问起这件事情的来龙去脉，他说自己也不甚了了
",
        // A space out of respect, and one behind a link.
        "\
于是，　主人对他的仆人说，这地上的一切都要交给你管理，你要殷勤看守，不可懈怠。
这个工具的[项目主页](https://example.org/tool) 介绍了它的用法，作者说以后会继续更新，欢迎大家试用。
",
    ] {
        assert_eq!(cleaner.clean(text).text(), text);
    }
    // A few records of a table are a table too.
    let table = "\
3301,\"松林路街道\",33,6
3302,\"柳河镇\",33,6
3303,\"青石桥乡\",33,6
3304,\"北坡村委会\",33,6
3305,\"望江里社区\",33,6
";
    assert_eq!(cleaner.clean(table).text(), table);
}

#[test]
fn words_of_code_that_have_lines_of_their_own_stay_in_their_sentences() {
    let text = "\
安装完成之后，如果需要查看当前系统中各个服务的运行状
况，可以使用
svctool
命令列出全部服务。
要让服务在开机的时候自动启动，请先把配置文件放进系统目录，再运
行
svctool
命令加载配置。
不再需要的服务应当及时停止，以免占用内存，停止之后还要用
svctool
命令检查一遍，确认没有留下残余的进
程。
";
    let cleaned = Cleaner::new(Config::default()).expect("defaults").clean(text).into_text().into_owned();
    assert!(cleaned.contains("运行状况，可以使用\nsvctool\n命令列出全部服务。"), "{cleaned}");
    assert_eq!(cleaned.matches("svctool\n命令").count(), 3, "{cleaned}");
}
