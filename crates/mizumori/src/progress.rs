//! A progress bar on a terminal: how much is read, how fast, how long it takes.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
pub(crate) use mizumori_core::grouped;
use mizumori_scan::Progress;

/// How often the bar is drawn.
const TICK: Duration = Duration::from_millis(100);

/// A bar that follows a run until it is dropped.
pub(crate) struct Bar {
    shown: Option<(Arc<AtomicBool>, JoinHandle<()>)>,
}

impl Bar {
    /// Follows `progress` over `bytes` bytes (`None` when nobody knows how many), where standard error is a
    /// terminal.
    pub(crate) fn follow(progress: &Arc<Progress>, bytes: Option<u64>) -> Self {
        if !std::io::stderr().is_terminal() {
            return Self { shown: None };
        }
        let (progress, ended) = (Arc::clone(progress), Arc::new(AtomicBool::new(false)));
        let end = Arc::clone(&ended);
        let shown = std::thread::Builder::new()
            .name("progress".to_owned())
            .spawn(move || draw(&progress, bytes, &end));
        Self { shown: shown.ok().map(|thread| (ended, thread)) }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some((ended, thread)) = self.shown.take() {
            ended.store(true, Ordering::Relaxed);
            thread.thread().unpark();
            // A bar that could not be drawn is no failure of the work.
            let _ = thread.join();
        }
    }
}

fn draw(progress: &Progress, bytes: Option<u64>, ended: &AtomicBool) {
    let bar = ProgressBar::with_draw_target(bytes, ProgressDrawTarget::stderr());
    let template = match bytes {
        Some(_) => "{bar:30} {bytes}/{total_bytes}  {bytes_per_sec}  {msg}  {eta} left",
        None => "{spinner} {bytes}  {bytes_per_sec}  {msg}",
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    while !ended.load(Ordering::Relaxed) {
        let read = progress.bytes.load(Ordering::Relaxed);
        bar.set_position(read);
        bar.set_message(format!("{} lines", grouped(progress.lines.load(Ordering::Relaxed))));
        std::thread::park_timeout(TICK);
    }
    bar.finish_and_clear();
}
