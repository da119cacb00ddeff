//! `mizumori org edition`: editions are data.

use super::on_both;

#[test]
fn are_made_and_set_anew() {
    on_both(|kept| {
        kept.run("org edition set trial --months 3 --domains 1 --holders 50 --functions findings,reveal")
            .ends(0)
            .saying(&["`trial`: months 3, domains 1, holders 50, functions findings,reveal"]);
        kept.run("org edition set evaluation --domains 5 --functions findings").ends(0);
        let listed = kept.list("org edition list");
        let names: Vec<_> = listed.iter().map(|edition| edition["edition"].as_str().unwrap()).collect();
        assert_eq!(names, ["evaluation", "full", "trial"]);
        assert_eq!(listed[0]["domains"], 5);
        assert!(listed[0]["months"].is_null());
        assert_eq!(listed[1]["functions"].as_array().unwrap().len(), 6);
        kept.run("org edition list").ends(0).printing(&["edition", "trial       3       1        50"]);
        assert_eq!(
            kept.audited(0),
            [
                [
                    "org edition set",
                    "trial",
                    "none → months 3, domains 1, holders 50, functions findings,reveal"
                ],
                [
                    "org edition set",
                    "evaluation",
                    "months 2, domains 2, holders 1000, functions findings,directories → domains 5, functions findings"
                ],
            ]
        );
        // What is set holds for those who have it.
        kept.organisation("suigen", "trial");
        kept.run("domain add suigen suigen.example").ends(0);
        kept.run("domain add suigen mori.example").ends(2).saying(&["1 domains at most"]);
        kept.run("org edition set trial --domains 2 --functions findings").ends(0);
        kept.run("domain add suigen mori.example").ends(0);
    });
}

#[test]
fn mistakes() {
    on_both(|kept| {
        for (wrong, says) in [
            ("gold --functions silver", "findings, directories"),
            ("gold", "--functions"),
            ("gold --functions findings --months 0", "--months"),
            ("gold --functions findings --domains many", "--domains"),
            ("Gold --functions findings", "small letters"),
        ] {
            kept.run(&format!("org edition set {wrong}")).ends(2).saying(&[says]);
        }
    });
}
