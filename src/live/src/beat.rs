//! A heartbeat that nothing stops: what is due is looked for at every beat, whatever became of the
//! timers of single tasks.
//!
//! Each beat arms the next one and does nothing else itself. The library's interval timer is not used:
//! it counts its open calls in a callback, and ends for good when that callback is lost five times.

use ic_cdk_timers::{TimerId, clear_timer, set_timer};
use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// What is done at each beat.
pub type Beat = fn() -> Pin<Box<dyn Future<Output = ()>>>;

thread_local! {
    static NEXT: Cell<Option<TimerId>> = const { Cell::new(None) };
}

/// Beats now, and then after each `pause`. Called once after install and after each upgrade: both
/// begin without any timer.
pub fn start(pause: Duration, beat: Beat) {
    arm(Duration::ZERO, pause, beat);
}

/// At most one beat is armed: a beat that the system delivers twice does not become two hearts.
fn arm(after: Duration, pause: Duration, beat: Beat) {
    let next = set_timer(
        after,
        Box::pin(one(pause, beat)) as Pin<Box<dyn Future<Output = ()>>>,
    );
    if let Some(other) = NEXT.replace(Some(next)) {
        clear_timer(other);
    }
}

/// The work is a message of its own: if it traps, this one stands.
async fn one(pause: Duration, beat: Beat) {
    arm(pause, pause, beat);
    set_timer(Duration::ZERO, beat());
}
