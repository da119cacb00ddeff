//! A question that several machines answer: what they are given and give back are bytes.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use mizumori_core::keys::{KeyRing, TagLayers};
use mizumori_core::{Source, SourceIndex, WatchList};
use mizumori_read::{Bytes, Limits, MemberName, Reader};
use mizumori_scan::{Dump, DumpPlace, Progress, RecordLimits, SourceMap};
use mizumori_sql::arrow::util::pretty::pretty_format_batches;
use mizumori_sql::{
    Answer, Elsewhere, Ended, FindDumps, FoundDumps, GoOn, ReadDumps, Room, Session, Troubles, UnitRows,
    do_part,
};

const LIST: &str = "[[category]]\nid = 'c'\nname = 'C'\n[[organisation]]\nid = 'o'\ncategory = 'c'\nname = 'O'\n\
    domains = ['suigen.example', 'mori.example']\n";
/// Dumps, and sources of two of them each.
const DUMPS: usize = 6;

/// Dumps that are always the same.
struct Dumps;

fn text(dump: usize) -> String {
    let host = |at: usize| ["suigen.example", "vpn.suigen.example", "else.example", "other.example"][at % 4];
    (0..2_000).map(|at| format!("u{}@{}:p{}\n", (at * 7 + dump * 500) % 3_000, host(at), at % 5)).collect()
}

impl FindDumps for Dumps {
    fn find(&self, _: &[String]) -> Result<FoundDumps, Box<dyn Error + Send + Sync>> {
        let mut map = SourceMap::default();
        let mut dumps = Vec::new();
        for dump in 0..DUMPS {
            let name = format!("d/{dump}.txt");
            map.dump(&name, SourceIndex(dump / 2));
            let place = DumpPlace::Held(Arc::new(Bytes::new(text(dump).as_bytes())));
            dumps.push(Dump::new(MemberName::new(&name), place));
        }
        let source = |at: usize| {
            Source::parse("s", &format!("id = 's{at}'\nplace = 'p{at}'\nleaked = '2019-0{}'", at + 1))
                .unwrap()
        };
        Ok(FoundDumps {
            sizes: dumps.iter().map(|_| Some(1)).collect(),
            sources_of: (0..DUMPS).map(|dump| vec![SourceIndex(dump / 2)]).collect(),
            sources: (0..DUMPS / 2).map(source).collect(),
            dumps,
            map,
        })
    }
}

fn read(tags: &TagLayers) -> ReadDumps {
    ReadDumps {
        find: Box::new(Dumps),
        reader: Reader::new(Limits::default()),
        records: RecordLimits::default(),
        tags: tags.clone(),
        watch: Some(WatchList::parse("list", LIST).unwrap()),
        threads: 1,
        progress: Arc::default(),
        troubles: Troubles::default(),
    }
}

fn room() -> Room {
    Room { threads: 1, memory_bytes: 1 << 28, disk_bytes: 1 << 28, folder: std::env::temp_dir() }
}

/// A machine a dump.
struct Machines {
    tags: TagLayers,
    units: AtomicUsize,
}

impl Elsewhere for Machines {
    fn run(
        &self,
        part: &[u8],
        found: &FoundDumps,
        dumps: &[usize],
        _: &Progress,
        take: &mut dyn FnMut(UnitRows) -> GoOn,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        for at in dumps {
            self.units.fetch_add(1, Ordering::Relaxed);
            let here = FoundDumps {
                dumps: vec![found.dumps[*at].clone()],
                sizes: vec![None],
                sources: found.sources.clone(),
                sources_of: vec![found.sources_of[*at].clone()],
                map: found.map.clone(),
            };
            let rows = do_part(part, here, read(&self.tags), &room())?;
            if take(UnitRows { rows, ..UnitRows::default() }) == GoOn::No {
                break;
            }
        }
        Ok(())
    }
}

fn answer(session: &Session, question: &str) -> String {
    let mut batches = Vec::new();
    let ended = session.ask(question, &mut |answer| {
        if let Answer::Rows(rows) = answer {
            batches.push(rows.clone());
        }
        Ok(())
    });
    assert_eq!(ended.unwrap(), Ended::Complete, "{question}");
    pretty_format_batches(&batches).unwrap().to_string()
}

#[test]
fn many_machines_answer_as_one_does() {
    let tags = KeyRing::create().unwrap().tags();
    let here = Session::new(read(&tags), &room()).unwrap();
    let machines = Arc::new(Machines { tags: tags.clone(), units: AtomicUsize::new(0) });
    let there = Session::new(read(&tags), &room()).unwrap().spread(Arc::clone(&machines) as _);
    for (question, units) in [
        ("select count(*) from scan('d')", 6),
        ("select domain, count(*) n, count(distinct account_lo) a from scan('d') group by 1 order by 1", 6),
        (
            "select source, place, month, min(host), max(account_hi) from scan('d') group by 1, 2, 3 order by 1",
            6,
        ),
        ("select host, count(*) from scan('d') where domain = 'suigen.example' group by 1 order by 1", 6),
        // What is said of sources leaves dumps unread.
        ("select source, count(*) from scan('d') where month >= '2019-02-01' group by 1 order by 1", 4),
        (
            "select organisation, watched, matched_by, count(*) from scan('d') group by 1, 2, 3 order by 1, 2, 3",
            6,
        ),
        ("select organisation, count(*) from scan('d') where organisation is not null group by 1", 6),
        ("select account_hi, account_lo, host from scan('d') order by 1, 2, 3 limit 7", 6),
        ("select upper(domain) d, approx_distinct(host) > 0 from scan('d') group by 1 order by 1", 6),
        // A scan on either side.
        (
            "select count(*) from (select distinct account_hi, account_lo from scan('d') where source = 's0') a \
             join (select distinct account_hi, account_lo from scan('d') where source = 's2') b \
             using (account_hi, account_lo)",
            4,
        ),
        ("select domain, accounts from domains('d') order by 1", 0),
        ("select avg(n) from (select domain, count(*) n from scan('d') group by 1)", 6),
    ] {
        let one = answer(&here, question);
        assert!(one.lines().count() > 4, "{question}: {one}");
        let before = machines.units.load(Ordering::Relaxed);
        assert_eq!(answer(&there, question), one, "{question}");
        assert_eq!(machines.units.load(Ordering::Relaxed) - before, units, "{question}");
    }
    let explained =
        answer(&there, "explain select domain, count(*) from scan('d') where host <> 'x' group by 1");
    assert!(explained.contains("ElsewhereExec"), "{explained}");
    assert!(answer(&there, "select host from scan('d') limit 3").lines().count() >= 7);
}

#[test]
fn another_part_is_refused() {
    let tags = KeyRing::create().unwrap().tags();
    for part in [&b""[..], b"x", &[0xff; 40]] {
        assert!(do_part(part, Dumps.find(&[]).unwrap(), read(&tags), &room()).is_err());
    }
}
