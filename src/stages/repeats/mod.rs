//! Drops what OCR or layout doubled. People repeat themselves too: what a speaker could have said twice
//! stays.

use crate::pipeline::{Doc, Proposals};
use crate::rules::StageId;
use crate::stages::Stage;

mod particles;
mod seams;
mod sentences;
mod verse;

pub(crate) use sentences::repeats_tail;

/// The stage.
#[derive(Debug)]
pub struct Repeats;

impl Stage for Repeats {
    fn id(&self) -> StageId {
        StageId::Repeats
    }

    fn scan(&self, doc: &Doc<'_>, out: &mut Proposals<'_>) {
        seams::scan(doc, out);
        sentences::scan(doc, out);
        particles::scan(doc.text, out);
    }
}

#[cfg(test)]
mod tests {
    use crate::StageId;
    use crate::stages::cleaned_by;

    fn clean(text: &str) -> String {
        cleaned_by(StageId::Repeats, text)
    }

    #[test]
    fn doubled_text_goes() {
        for (old, new) in [
            ("物资购置等方面困难和问题。问题。会议要求", "物资购置等方面困难和问题。会议要求"),
            ("达到１２．５万吨，占全省的一半。万吨，占全省的一半。", "达到１２．５万吨，占全省的一半。"),
            ("方面困难和问题。\n\n问题。会议要求", "方面困难和问题。\n\n会议要求"),
            ("方面困难和问题。\n\n问题。\n\n会议", "方面困难和问题。\n\n会议"),
            (
                "全市上下要把思想统一到会议精神上来。全市上下要把思想统一到会议精神上来。会议",
                "全市上下要把思想统一到会议精神上来。会议",
            ),
            (
                "会议要求，各级各部门要高度重视，加强领导，落实责任。\n会议要求，各级各部门要高度重视，加强领导，落实责任。\n",
                "会议要求，各级各部门要高度重视，加强领导，落实责任。\n",
            ),
            ("建设一体的的城市", "建设一体的城市"),
            ("会议讨论了生产和和安全问题", "会议讨论了生产和安全问题"),
            ("企业特别是是国有企业取得了了第一批成果", "企业特别是国有企业取得了第一批成果"),
            (
                "会议要求，各级各部门要高度重视，\n\n加强领导，\n落实责任。\n会议要求，各级各部门要高度重视，加强领导，落实责任。\n",
                "会议要求，各级各部门要高度重视，加强领导，落实责任。\n",
            ),
            (
                "会议要求，各级各部门要高度重视，\n图为会场。梁琛 摄\n加强领导。\n某某某 摄\n会议要求，各级各部门要高度重视，加强领导。\n",
                "会议要求，各级各部门要高度重视，\n图为会场。梁琛 摄\n加强领导。\n某某某 摄\n",
            ),
            (
                "会议结束了。大家同意，今后照此办理。会议结束了。会议结束了。大家同意，今后照此办理。会议结束了。",
                "会议结束了。大家同意，今后照此办理。会议结束了。",
            ),
            (
                "大门终于敞开了！车辆再也不会在这里遇上堵塞了。大门终于敞开了！车辆再也不会在这里遇上堵塞了。",
                "大门终于敞开了！车辆再也不会在这里遇上堵塞了。",
            ),
        ] {
            assert_eq!(clean(old), new);
            assert_eq!(clean(new), new, "once is enough");
        }
    }

    #[test]
    fn what_was_said_twice_stays() {
        for text in [
            "他喊道：“停车！停车！”司机停下了。",
            "胜利了！胜利了！",
            "我们终于胜利了！胜利了！",
            "好人一生平安。好人一生平安。",
            "好人一生平安。好人一生平安。好人一生平安。好人一生平安。",
            "他们齐声高唱：“好人一生平安。好人一生平安。好人一生平安。好人一生平安。”",
            "好人一生平安。好人一生平安。 好人一生平安。好人一生平安。好人一生平安。好人一生平安。好人一生平安。",
            "好人一生平安。好人一生平安。好人一生平安。\n好人一生平安。好人一生平安。好人一生平安。\n",
            "归去来兮，\n归去来兮，\n田园将芜胡不归？",
            "达到了预期的目的的确不易，的的确确不易",
            "他对此不甚了了，为了了解情况，现在在北京搞清了是是非非，工作做得实实在在",
            "一家人和和美美地过着日子",
            "到会的有张一明、王大和和李小平，请假的有刘平、张和和王平",
            "目录\n第一章\n第一章\n",
            "他说，分红了。分红了。",
        ] {
            assert_eq!(clean(text), text);
        }
    }
}
