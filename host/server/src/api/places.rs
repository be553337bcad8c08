//! The places for connections: how many there are, and who leaves when all are taken.
//!
//! Whoever makes no progress leaves first, so that connections that ask and never read, or never ask, keep nobody out.
//! A connection whose answer is being made is not blamed for waiting.

use ipnet::IpNet;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use tokio::time::Instant;

/// How many connections there may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlacesMax {
    /// Connections that are served whatever they ask.
    pub(super) regular: usize,
    /// Connections beyond those, which get health or are told to come back.
    pub(super) further: usize,
    /// Regular ones from one address, if it is neither this machine nor a proxy.
    pub(super) of_one_address: usize,
}

/// What a connection may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Regular,
    Further,
}

/// The places of one listener.
pub(super) struct Places {
    max: PlacesMax,
    proxies: Vec<IpNet>,
    state: Mutex<State>,
    changed: Notify,
    started: Instant,
}

#[derive(Default)]
struct State {
    next: u64,
    regular: BTreeMap<u64, Arc<Activity>>,
    further: usize,
}

/// What a connection is doing. Shared by its socket, its requests and [`Places`].
#[derive(Debug)]
pub(super) struct Activity {
    from: IpAddr,
    started: Instant,
    /// When bytes were moved last, in milliseconds since `started`.
    moved_at: AtomicU64,
    /// Whether bytes of an answer wait for the peer to read.
    is_blocked: AtomicBool,
    /// Whether an answer is being made, or goes on.
    is_answering: AtomicBool,
    /// Whether it was told to leave.
    leave: Notify,
}

/// A place that is taken until this is dropped.
pub(super) struct Place {
    places: Arc<Places>,
    id: u64,
    pub(super) kind: Kind,
    pub(super) activity: Arc<Activity>,
}

/// Marks an answer as being made until this is dropped.
pub(super) struct Answering {
    places: Arc<Places>,
    activity: Arc<Activity>,
}

impl Places {
    /// Free places. Connections from `proxies` are not counted by address.
    pub(super) fn new(max: PlacesMax, proxies: Vec<IpNet>) -> Arc<Self> {
        let started = Instant::now();
        Arc::new(Self { max, proxies, state: Mutex::default(), changed: Notify::new(), started })
    }

    /// Takes a place for a connection, and waits while there is none. None if the connection is to be closed, because
    /// its address has too many already, all of which are being answered.
    pub(super) async fn take(self: &Arc<Self>, peer: IpAddr) -> Option<Place> {
        loop {
            // Asked for before looking, so that no change in between is missed.
            let changed = self.changed.notified();
            match self.try_take(peer) {
                Taken::Place(place) => return Some(place),
                Taken::Refused => return None,
                Taken::Full => changed.await,
            }
        }
    }

    fn try_take(self: &Arc<Self>, peer: IpAddr) -> Taken {
        let (mut state, from) = (self.state(), network(peer));
        if !self.is_exempt(peer) {
            let own = |activity: &Activity| activity.from == from;
            let number = state.regular.values().filter(|activity| own(activity)).count();
            if number >= self.max.of_one_address && !state.dismiss(own) {
                return Taken::Refused;
            }
        }
        if state.regular.len() >= self.max.regular && !state.dismiss(|_| true) {
            if state.further >= self.max.further {
                return Taken::Full;
            }
            state.further += 1;
            return Taken::Place(self.place(&mut state, from, Kind::Further));
        }
        let place = self.place(&mut state, from, Kind::Regular);
        state.regular.insert(place.id, place.activity.clone());
        Taken::Place(place)
    }

    fn place(self: &Arc<Self>, state: &mut State, from: IpAddr, kind: Kind) -> Place {
        state.next += 1;
        let activity = Arc::new(Activity {
            from,
            started: self.started,
            moved_at: AtomicU64::new(milliseconds(self.started)),
            is_blocked: AtomicBool::new(false),
            is_answering: AtomicBool::new(false),
            leave: Notify::new(),
        });
        Place { places: self.clone(), id: state.next, kind, activity }
    }

    /// Whether connections of this peer are not counted by address: behind a proxy, all clients have one.
    fn is_exempt(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        peer.is_loopback() || self.proxies.iter().any(|net| net.contains(&peer))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Taken {
    Place(Place),
    /// All places are taken, the further ones as well.
    Full,
    /// This address has as many as it may.
    Refused,
}

impl State {
    /// Tells the connection to leave that is longest without progress, among those that fit and are not being
    /// answered. Its place is free at once. False if there is none.
    fn dismiss(&mut self, fits: impl Fn(&Activity) -> bool) -> bool {
        let candidates = self.regular.iter().filter(|(_, activity)| fits(activity) && activity.may_leave());
        let longest = candidates.min_by_key(|(id, activity)| (activity.moved_at.load(Ordering::Relaxed), **id));
        let Some(id) = longest.map(|(id, _)| *id) else { return false };
        if let Some(activity) = self.regular.remove(&id) {
            activity.leave.notify_one();
        }
        true
    }
}

impl Activity {
    /// Notes that the peer has sent something.
    pub(super) fn moved_in(&self) {
        self.moved_at.store(milliseconds(self.started), Ordering::Relaxed);
    }

    /// Notes that the peer has taken something, or that nothing waits for it.
    pub(super) fn moved_out(&self) {
        self.moved_in();
        self.is_blocked.store(false, Ordering::Relaxed);
    }

    /// Notes that the peer does not read what waits for it.
    pub(super) fn blocked(&self) {
        self.is_blocked.store(true, Ordering::Relaxed);
    }

    /// Returns when the connection has to leave, since another one needs its place.
    pub(super) async fn dismissed(&self) {
        self.leave.notified().await;
    }

    /// Whether it may be told to leave: it waits for its peer, and not for an answer.
    fn may_leave(&self) -> bool {
        self.is_blocked.load(Ordering::Relaxed) || !self.is_answering.load(Ordering::Relaxed)
    }
}

impl Place {
    /// Marks that an answer is being made.
    pub(super) fn answering(&self) -> Answering {
        self.activity.is_answering.store(true, Ordering::Relaxed);
        Answering { places: self.places.clone(), activity: self.activity.clone() }
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.activity.is_answering.store(false, Ordering::Relaxed);
        self.places.changed.notify_waiters();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.places.state();
        match self.kind {
            // One that was told to leave is out already.
            Kind::Regular => drop(state.regular.remove(&self.id)),
            Kind::Further => state.further = state.further.saturating_sub(1),
        }
        drop(state);
        self.places.changed.notify_waiters();
    }
}

fn milliseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// The network that counts as one address: a whole /64 for IPv6, since whoever has one address of it has them all (RFC
/// 4291 section 2.5.4).
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use std::time::Duration;

    const MAX: PlacesMax = PlacesMax { regular: 3, further: 1, of_one_address: 2 };

    fn here() -> IpAddr {
        IpAddr::from([127, 0, 0, 1])
    }

    /// A place if there is one at once.
    fn now(places: &Arc<Places>, peer: IpAddr) -> Option<Place> {
        places.take(peer).now_or_never().flatten()
    }

    async fn later() {
        tokio::time::advance(Duration::from_millis(10)).await;
    }

    fn has_to_leave(place: &Place) -> bool {
        place.activity.dismissed().now_or_never().is_some()
    }

    #[tokio::test(start_paused = true)]
    async fn the_connection_longest_without_progress_leaves_first() {
        let places = Places::new(MAX, Vec::new());
        let mut held = Vec::new();
        for _ in 0..3 {
            held.push(now(&places, here()).unwrap());
            later().await;
        }
        held[0].activity.moved_in();
        let fourth = now(&places, here()).unwrap();
        assert_eq!(fourth.kind, Kind::Regular);
        assert!(has_to_leave(&held[1]) && !has_to_leave(&held[0]) && !has_to_leave(&held[2]));
        // The place was given on already, and is not freed a second time.
        drop(held.remove(1));
        later().await;
        let fifth = now(&places, here()).unwrap();
        assert!(has_to_leave(&held[1]) && !has_to_leave(&held[0]), "the third");
        drop((fourth, fifth));
        assert!(now(&places, here()).is_some_and(|place| place.kind == Kind::Regular));
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_is_being_answered_stays_unless_its_peer_does_not_read() {
        let places = Places::new(MAX, Vec::new());
        let held: Vec<Place> = (0..3).map(|_| now(&places, here()).unwrap()).collect();
        let answers: Vec<Answering> = held.iter().map(Place::answering).collect();
        let further = now(&places, here()).unwrap();
        assert_eq!(further.kind, Kind::Further);
        let waiting = places.take(here());
        tokio::pin!(waiting);
        assert!(waiting.as_mut().now_or_never().is_none(), "no more than these");
        drop(further);
        assert_eq!(waiting.await.unwrap().kind, Kind::Further);
        held[1].activity.blocked();
        assert_eq!(now(&places, here()).unwrap().kind, Kind::Regular);
        assert!(has_to_leave(&held[1]));
        drop(answers);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_gets_the_place_of_one_that_was_answered() {
        let places = Places::new(PlacesMax { regular: 1, further: 0, of_one_address: 1 }, Vec::new());
        let first = now(&places, here()).unwrap();
        let answer = first.answering();
        let waiting = places.take(here());
        tokio::pin!(waiting);
        assert!(waiting.as_mut().now_or_never().is_none());
        drop(answer);
        assert_eq!(waiting.await.unwrap().kind, Kind::Regular);
        assert!(has_to_leave(&first));
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_has_its_share_unless_it_is_a_proxy_or_this_machine() {
        let places = Places::new(MAX, vec!["192.0.2.0/24".parse().unwrap()]);
        let from = |text: &str| text.parse::<IpAddr>().unwrap();
        let one = now(&places, from("2001:db8::1")).unwrap();
        later().await;
        let two = now(&places, from("2001:db8::2")).unwrap();
        let three = now(&places, from("2001:db8::3")).unwrap();
        assert!(has_to_leave(&one) && !has_to_leave(&two), "its own oldest");
        let answers = [two.answering(), three.answering()];
        assert!(places.take(from("2001:db8::4")).await.is_none());
        assert!(now(&places, from("2001:db8:0:1::1")).is_some_and(|place| place.kind == Kind::Regular));
        drop((one, two, three, answers));
        for proxy in ["192.0.2.7", "::ffff:192.0.2.7", "127.0.0.9", "::1"] {
            let held: Vec<Place> = (0..3).map(|_| now(&places, from(proxy)).unwrap()).collect();
            assert!(held.iter().all(|place| place.kind == Kind::Regular && !has_to_leave(place)), "{proxy}");
        }
    }
}
