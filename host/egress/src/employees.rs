//! Noting what HiBob's answers to a call show of the employees. That is done beside the call, on another thread, so that
//! the plugin does not wait for it; whoever takes what was noted reads the rest first.

use bytes::Bytes;
use hibob_policy::answer_reader::{AnswerReader, Notes};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::runtime::Handle;

/// How many bytes of an answer wait before a thread reads them: starting one costs as much as reading some kilobytes.
const BATCH_BYTES: usize = 256 * 1024;

/// How many bytes of an answer may wait. With more, whoever brings the next ones reads them at once.
const WAITING_BYTES_MAX: usize = 4 * BATCH_BYTES;

/// What the answers to one call have shown of employees.
#[derive(Debug, Default)]
pub(super) struct Employees<N> {
    notes: Arc<Mutex<N>>,
    answers: Mutex<Vec<Arc<Answer<N>>>>,
}

/// Takes the pieces of a body as they come.
pub(super) trait Pieces: Send + Sync {
    /// Takes the next piece.
    fn push(self: Arc<Self>, piece: Bytes);
}

/// An answer, as far as it has come.
#[derive(Debug)]
pub(super) struct Answer<N> {
    /// Those of its call, and not the call's [`Employees`], which has this answer.
    notes: Arc<Mutex<N>>,
    waiting: Mutex<Waiting>,
    reader: Mutex<AnswerReader>,
}

/// The pieces of an answer that were not read yet.
#[derive(Debug, Default)]
struct Waiting {
    pieces: VecDeque<Bytes>,
    bytes: usize,
    /// Whether a thread reads them.
    is_read: bool,
}

impl<N: Notes + Default + Send + 'static> Employees<N> {
    /// An answer whose employees are read too.
    pub(super) fn answer(&self) -> Arc<Answer<N>> {
        let answer =
            Arc::new(Answer { notes: self.notes.clone(), waiting: Mutex::default(), reader: Mutex::default() });
        lock(&self.answers).push(answer.clone());
        answer
    }

    /// Takes what the answers have shown so far.
    pub(super) fn take(&self) -> N {
        let answers = std::mem::take(&mut *lock(&self.answers));
        answers.iter().for_each(|answer| answer.read_waiting());
        std::mem::take(&mut *lock(&self.notes))
    }
}

impl<N: Notes + Send + 'static> Pieces for Answer<N> {
    fn push(self: Arc<Self>, piece: Bytes) {
        let mut waiting = lock(&self.waiting);
        waiting.bytes += piece.len();
        waiting.pieces.push_back(piece);
        let is_full = waiting.bytes > WAITING_BYTES_MAX;
        if !is_full && (waiting.is_read || waiting.bytes < BATCH_BYTES) {
            return;
        }
        waiting.is_read = true;
        drop(waiting);
        match Handle::try_current() {
            Ok(runtime) if !is_full => {
                let answer = self.clone();
                drop(runtime.spawn_blocking(move || answer.read_waiting()));
            }
            _ => self.read_waiting(),
        }
    }
}

impl<N: Notes> Answer<N> {
    /// Reads the pieces that wait. The order is that in which they came, whichever thread reads them.
    fn read_waiting(&self) {
        let mut reader = lock(&self.reader);
        loop {
            let mut waiting = lock(&self.waiting);
            let Some(piece) = waiting.pieces.pop_front() else {
                waiting.is_read = false;
                return;
            };
            waiting.bytes -= piece.len();
            drop(waiting);
            reader.read(&piece, &mut *lock(&self.notes));
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
