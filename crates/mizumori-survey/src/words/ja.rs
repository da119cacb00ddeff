//! The Japanese of a report: the style of a published survey, です・ます throughout.

use mizumori_core::{Lang, SourceKind};

use super::number::{grouped, largest, list, month, year};
use super::{PaceSaid, SourceSaid, Texts, Voice, YearSaid};
use crate::model::{Span, Year};

pub(super) const TEXTS: Texts = Texts {
    title: "流出アカウント調査報告書",
    contents: "目次",
    amber: "TLP:AMBER　組織ごとの件数を含むため、共有は受領した組織とその関係者の範囲に限ります。",
    incomplete: "中断されたため途中までの集計です。",
    synthetic: "合成データによる報告書です。実在の組織とは関係ありません。",
    small_figures: "1件から4件までの件数は「<5」と表示しています。",
    withheld_figures: "「x」は、合計との差から「<5」の件数が判明することを防ぐために秘匿した件数です。",

    summary: "概要",
    method: "調査方法",
    targets: "調査対象",
    targets_text: "組織のメールアドレスを用いたアカウントを対象とし、個人が私的に用いるアカウントは対象としていません。対象の組織は次の区分に属するもので、監視リストに登録されたドメイン（サブドメインを含む）によって判定しています。",
    preconditions: "前提条件",
    precondition_items: &[
        "「流出」とは、ID（メールアドレス）がパスワードとともに、不特定多数が閲覧できる場所（ダークウェブを含む）に置かれていることをいいます。パスワードのハッシュ値もパスワードに含めます。",
        "所属する組織は、メールアドレスのドメインによって判定しています。メールのドメインは、組織のウェブサイトのドメインと同一であると仮定しています。",
        "アカウントが実在するか、現在も使用されているかは不明です。確認を目的としたログインは行っていません。",
        "公開されていない情報源と、捏造されたものであることが判明している情報源は、集計に含めていません。",
    ],
    period: "調査期間",
    no_period: "流出の年月が判明している情報源がないため、調査期間は定めていません。",
    taken: "取得した情報",
    taken_text: "取得した情報は、流出の時期と件数に限ります。メールアドレスから取得したのはドメイン（サブドメインを含む）のみであり、アカウント名とパスワードは保存していません。重複の判定に用いる値は、集計のたびに生成する鍵によって変換したうえでメモリー上にのみ保持し、集計の終了とともに破棄しています。",
    counting: "集計方法",
    counting_items: &[
        "同一のアカウントが、同一の時期に同一の場所で流出した場合は、1件と数えます。場所または時期が異なる場合は、それぞれ1件と数えます。",
        "時期は年月で判定します。年のみ判明している情報源は、その年のすべての月が調査期間に含まれる場合に限り、その年の件数に含めます。",
        "流出の時期が不明なものは、アカウントと場所の組合せごとに1件と数え、年ごとの件数と合計には含めません。",
        "件数は推計によらず、すべて実際に数えたものです。",
    ],
    limits: "留意事項",
    limit_items: &[
        "件数が0件であることは、流出がないことを意味するものではありません。調査した情報源において確認されなかったことを示すものです。",
        "流出の時期は、その場所で不特定多数に公開された時期であり、情報が窃取された時期ではありません。",
    ],
    collection_one: "「Collection #1」は2018年末に出現したものですが、広く公開された時期に基づき、2019年の件数に含めています。",
    results: "調査結果",
    comparison: "区分の比較",
    incidents: "セキュリティインシデントの経過",
    incidents_text: "参考として、セキュリティインシデントの経過を示します。本調査の件数は、これらのインシデントとは独立に集計したものです。",
    discussion: "考察",
    discussion_text: "本章は、報告書の作成者が執筆したものであり、集計から自動的に生成したものではありません。",
    measures: "対策",
    measures_text: "アカウントの流出による被害を防ぐため、次の対策を推奨します。",
    measure_items: [
        (
            "流出の検知・把握・無効化を一貫して行うこと",
            "アカウントの流出を組織の努力だけで完全に防ぐことは困難です。流出を常時監視して速やかに検知し、いつ、どこで、どのパスワードが流出したのかを利用者と管理者の双方が直ちに把握したうえで、悪用される前にパスワードを変更して無効化することが重要です。流出したパスワードが再び設定されないようにするとともに、変更が完了するまで組織として確認することが求められます。",
        ),
        (
            "多要素認証を導入すること",
            "パスワードのみに依存しない認証として、多要素認証の導入を推奨します。ただし、入力された情報を正規のサイトへ即時に中継する攻撃（中継型フィッシング）では、多要素認証も突破されることがあります。このため、導入後もアカウントの流出を継続して監視することが必要です。",
        ),
        (
            "利用者を教育すること",
            "どのような情報が流出し、どのように悪用されるのか、また、流出の連絡を受けたときに何をすべきかを、利用者に繰り返し周知することが重要です。複数のサービスで同じパスワードを使い回さないこと、メールに記載されたリンクからログインしないことを徹底します。",
        ),
    ],
    sources: "情報源",
    sources_text: "複数の情報源が同一の場所・同一の時期である場合、同じアカウントは情報源ごとの件数ではそれぞれに含まれるため、情報源ごとの件数の和は区分の件数と一致しないことがあります。",
    sources_none: "情報源はありません。",
    unreadable: "読み取れなかったデータ",
    unreadable_text: "読み取れたところまでのデータは、集計に含めています。理由はプログラムの出力（英語）をそのまま示しています。",
    unreadable_none: "読み取れなかったファイルはありません。",
    colophon: "作成に関する情報",
    adds_up: "監視リストに一致した記録は、下表のとおり、そのすべてがいずれか一つの内訳に計上されています。",
    does_not_add_up: "注意：監視リストに一致した記録の数と内訳の和が一致していません。報告書のデータが書き換えられている可能性があります。",

    targets_table: "区分ごとの組織数とドメイン数",
    comparison_table: "区分ごとの年別件数",
    incidents_table: "インシデントの一覧",
    sources_table: "情報源ごとの件数",
    colophon_table: "作成条件と入力",
    identity_table: "監視リストに一致した記録の内訳",
    value: "内容",
    top_years: "件数の多い年",

    category: "区分",
    organisation: "組織",
    organisations: "組織数",
    domain: "ドメイン",
    domains: "ドメイン数",
    year: "年",
    count: "件数",
    share: "構成比",
    place: "順位",
    main_source: "最多の情報源",
    total: "合計",
    unknown_month: "時期不明",
    with_children: "下部組織を含む",
    includes: "次の組織を含む",
    projection: "破線と括弧内の数値は、同じペースで推移した場合の年間の件数です。",
    source: "情報源",
    kind: "種別",
    seen_at: "場所",
    leaked: "公開時期",
    unknown: "不明",
    not_public: "対象外（非公開）",
    fabricated: "対象外（捏造）",
    outside_period_mark: "調査期間外",
    number: "番号",
    date: "時期",
    incident: "概要",
    persons: "対象者数",
    mail_addresses: "メールアドレス数",
    file: "ファイル",
    why: "理由",
    item: "項目",
    produced_by: "作成プログラム",
    watch_list: "監視リスト",
    as_of: "基準日",
    digest: "監視リストの識別値（BLAKE3）",
    unverified: "未確認のドメイン数",
    files: "ファイル数",
    bytes: "データ量",
    lines: "行数",
    addresses: "検査したアドレス候補",
    rejected: "解釈できなかった記録",
    matched: "監視リストに一致した記録",
    counted: "計上した件数（各年の合計）",
    duplicates: "重複",
    without_secret: "パスワードなし",
    outside_period: "調査期間外",
    outside_validity: "ドメインの保有期間外",
    not_surveyed: "対象外の情報源",
    yes: "はい",
    no: "いいえ",
    complete: "全データの集計完了",
    brackets: ["（", "）"],
    colon: "：",
};

/// Japanese sentences.
pub(super) struct Japanese;

fn y(value: Year) -> String {
    year(Lang::Ja, value)
}

fn quoted(titles: &[String]) -> String {
    titles.iter().map(|title| format!("「{title}」")).collect::<Vec<_>>().join("、")
}

impl Voice for Japanese {
    fn totals(&self, span: Option<Span>, categories: &[(String, String)], sum: Option<&str>) -> String {
        let when = match span {
            Some(span) => {
                format!("{}から{}末までに", month(Lang::Ja, span.from), month(Lang::Ja, span.to))
            }
            None => String::new(),
        };
        let each: Vec<_> = categories.iter().map(|(name, count)| format!("{name}が{count}")).collect();
        let sum = sum.map_or_else(String::new, |sum| format!("、合わせて{sum}"));
        format!("{when}流出が確認されたアカウントは、{}{sum}でした。", list(Lang::Ja, &each))
    }

    fn nothing(&self, category: &str) -> String {
        format!("{category}では、調査期間内の流出は確認されませんでした。")
    }

    fn years(&self, category: &str, total: &str, first: &[YearSaid], next: &[YearSaid]) -> String {
        let share = |said: &YearSaid| {
            said.share.as_ref().map_or_else(String::new, |share| format!("（全体の{share}）"))
        };
        let largest = match first {
            [one] => format!("{}の{}{}です", y(one.year), one.count, share(one)),
            several => {
                let names: Vec<_> = several.iter().map(|said| y(said.year)).collect();
                let count = several.first().map_or("", |said| &said.count);
                format!("{}で、いずれも{count}です", list(Lang::Ja, &names))
            }
        };
        let next: Vec<_> = next.iter().map(|said| format!("{}の{}", y(said.year), said.count)).collect();
        let next = match next.as_slice() {
            [] => String::new(),
            [one] => format!("次いで多い年は{one}です。"),
            several => format!("次いで{}の順となっています。", list(Lang::Ja, several)),
        };
        format!("{category}の件数は{total}で、最も多い年は{largest}。{next}")
    }

    fn sources(&self, category: &str, sources: &[SourceSaid]) -> String {
        if let [said] = sources
            && said.titles.len() == 1
        {
            let share = said.share.as_ref().map_or_else(String::new, |share| format!("（{share}）"));
            let titles = quoted(&said.titles);
            return format!(
                "{category}の{}の件数のうち{}{share}は、情報源{titles}によるものです。",
                y(said.year),
                said.count
            );
        }
        let each: Vec<_> = sources
            .iter()
            .map(|said| {
                let each = if said.titles.len() > 1 { "各" } else { "" };
                let share = said.share.as_ref().map_or_else(String::new, |share| format!("、同年の{share}"));
                format!("{}が{}（{each}{}{share}）", y(said.year), quoted(&said.titles), said.count)
            })
            .collect();
        format!("{category}の件数が多い年について、最も多くを占める情報源は、{}です。", list(Lang::Ja, &each))
    }

    fn pace(&self, category: &str, pace: &PaceSaid) -> String {
        let passes = pace
            .passes
            .as_ref()
            .map_or_else(String::new, |(passed, count)| format!("{}（{count}）を上回って", y(*passed)));
        let names: Vec<_> = pace.ties.iter().map(|tie| y(*tie)).collect();
        let ties =
            if names.is_empty() { String::new() } else { format!("{}と並んで", list(Lang::Ja, &names)) };
        let place = format!("{ties}{}", largest(Lang::Ja, pace.projected_place));
        let projected = if pace.place == pace.projected_place {
            format!("この場合も{place}年となる計算です")
        } else {
            format!("{passes}{place}年となる計算です")
        };
        format!(
            "{category}の{}は、{}で{}となり、現時点で{}年です。同じペースで推移した場合、年間では{}に達し、{projected}。",
            y(pace.year),
            months(pace),
            pace.so_far,
            largest(Lang::Ja, pace.place),
            pace.projected,
        )
    }

    fn no_pace(&self, category: &str, pace: &PaceSaid) -> String {
        format!("{category}の{}は、{}に流出は確認されていません。", y(pace.year), months(pace))
    }

    fn ratio(&self, large: &str, small: &[(String, String)]) -> String {
        let each: Vec<_> = small.iter().map(|(name, ratio)| format!("{name}の約{ratio}倍")).collect();
        format!("{large}の件数は、{}です。", list(Lang::Ja, &each))
    }

    fn same_peak(&self, year: Year) -> String {
        format!("いずれの区分でも、{}が最も多い年となっています。", y(year))
    }

    fn unknown_month(&self, categories: &[(String, String)]) -> String {
        let each: Vec<_> = categories.iter().map(|(name, count)| format!("{name}で{count}")).collect();
        format!(
            "このほか、流出の時期が不明なものが{}あります。これらは、年ごとの件数と合計には含めていません。",
            list(Lang::Ja, &each)
        )
    }

    fn unverified(&self, unverified: u64, domains: u64, share: Option<&str>) -> String {
        let (unverified, domains) = (grouped(unverified), grouped(domains));
        match share {
            Some(share) => format!(
                "監視リストのドメイン{domains}件のうち{unverified}件（{share}）は、その組織のものであることを公開資料で確認していません。"
            ),
            None => {
                format!("監視リストのドメイン{domains}件は、すべてその組織のものであることを確認しています。")
            }
        }
    }

    fn period(&self, span: Span) -> String {
        let mut text = format!("{}から{}末までです。", month(Lang::Ja, span.from), month(Lang::Ja, span.to));
        let (first, last) = (span.from.year(), span.to.year());
        if first == last {
            return text;
        }
        let mut parts = Vec::new();
        if span.from.month() > 1 {
            parts.push(format!("{first}年は{}月以降", span.from.month()));
        }
        if span.to.month() < 12 {
            parts.push(format!("{last}年は{}月まで", span.to.month()));
        }
        if !parts.is_empty() {
            text.push_str(&parts.join("、"));
            text.push_str("の件数であり、ほかの年と単純に比べることはできません。");
        }
        text
    }

    fn left_out(&self, number: usize) -> String {
        format!("流出が確認されなかった{}組織は省略しています。", grouped(number as u64))
    }

    fn chart(&self, category: &str) -> String {
        format!("{category}の流出アカウント数の推移（件）")
    }

    fn chart_in_words(&self, years: usize, largest: Option<(Year, &str)>) -> String {
        match largest {
            Some((year, count)) => {
                format!("{years}年分の棒グラフ。最も多い年は{}で{count}。数値は表に示す。", y(year))
            }
            None => format!("{years}年分の棒グラフ。すべての年が0件。"),
        }
    }

    fn comparison_chart(&self, categories: &[String]) -> String {
        format!("{}の流出アカウント数の比較（件）", list(Lang::Ja, categories))
    }

    fn timeline(&self, incidents: usize) -> String {
        format!("調査期間におけるインシデント{incidents}件の時期（数字は表の番号）")
    }

    fn yearly_table(&self, category: &str) -> String {
        format!("{category}の年ごとの件数")
    }

    fn organisation_table(&self, category: &str) -> String {
        format!("{category}の組織ごとの件数")
    }

    fn unreadable(&self, number: usize) -> String {
        format!("次の{}件は、全部または一部を読み取ることができませんでした。", grouped(number as u64))
    }

    fn rejected(&self, number: u64) -> String {
        format!(
            "このほか、監視リストのドメインを含むものの内容を解釈できなかった記録が{}件ありました。",
            grouped(number)
        )
    }

    fn kind(&self, kind: SourceKind) -> &'static str {
        match kind {
            SourceKind::ComboList => "認証情報のリスト",
            SourceKind::SiteBreach => "サイトからの漏えい",
            SourceKind::StealerLog => "マルウェアのログ",
            SourceKind::Paste => "掲示・投稿",
            SourceKind::Phishing => "フィッシング",
            SourceKind::Unknown => "不明",
        }
    }

    fn incident_kind(&self, kind: &str) -> Option<&'static str> {
        Some(match kind {
            "unauthorised-access" => "不正アクセス",
            "sql-injection" => "SQLインジェクション",
            "targeted-attack" => "標的型攻撃",
            "impersonation" => "なりすまし",
            "phishing" => "フィッシング",
            "ransomware" => "ランサムウェア",
            "malware" => "マルウェア",
            "mis-sent-mail" => "誤送信",
            "lost-device" => "機器の紛失",
            "lost-papers" => "書類の紛失",
            "insider" => "内部不正",
            "misconfiguration" => "設定の誤り",
            _ => return None,
        })
    }

    fn persons(&self, number: u64) -> String {
        format!("{}人", grouped(number))
    }

    fn mail_addresses(&self, number: u64) -> String {
        format!("{}件", grouped(number))
    }
}

fn months(pace: &PaceSaid) -> String {
    if pace.months == 1 {
        format!("{}月の1か月間", pace.last_month)
    } else {
        format!("{}月から{}月までの{}か月間", pace.first_month, pace.last_month, pace.months)
    }
}
