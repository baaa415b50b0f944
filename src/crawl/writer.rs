//! The crawl's one way to the database: a thread that owns the [`Store`] and takes together what waits.
//!
//! It promises: a job is whole or not there at all; its answer is given only after the commit, so what was answered is stored; many jobs that
//! come while the disk is busy share the next commit; after a failure of the database no job is done any more. A dry writer does every job
//! and takes it back, which is how a crawl can be tried out.

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::store::{Batch, Store, StoreError};

/// One transaction holds no more jobs, so that the first need not wait for ever.
const MOST: usize = 256;

type Answer = Box<dyn FnOnce() + Send>;
type Job = Box<dyn FnOnce(&mut Batch<'_>) -> Result<Answer, StoreError> + Send>;

/// Hands jobs over.
#[derive(Clone)]
pub(super) struct Writer {
    jobs: mpsc::UnboundedSender<Job>,
}

impl Writer {
    /// The writer, and its thread, which ends when the last writer goes or the database fails.
    pub fn start(store: Store, dry: bool) -> (Writer, JoinHandle<Result<(), StoreError>>) {
        let (jobs, queue) = mpsc::unbounded_channel();
        (Writer { jobs }, tokio::task::spawn_blocking(move || work(store, queue, dry)))
    }

    /// Does `job` and commits it. `None`: the database has failed, and nothing can be done any more.
    ///
    /// An article that cannot be stored is the caller's affair; any other error is the end.
    pub async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Batch<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Option<Result<T, StoreError>> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |batch| {
            let done = match job(batch) {
                Err(error) if !matches!(error, StoreError::Unstorable { .. }) => return Err(error),
                done => done,
            };
            Ok(Box::new(move || {
                // Who no longer listens need not know.
                let _ = answer.send(done);
            }))
        });
        self.jobs.send(job).ok()?;
        answered.await.ok()
    }

    /// Whether the database has failed.
    pub fn is_broken(&self) -> bool {
        self.jobs.is_closed()
    }
}

fn work(mut store: Store, mut queue: mpsc::UnboundedReceiver<Job>, dry: bool) -> Result<(), StoreError> {
    while let Some(first) = queue.blocking_recv() {
        let mut answers = Vec::new();
        let mut batch = store.batch()?;
        let mut next = Some(first);
        while let Some(job) = next {
            answers.push(job(&mut batch)?);
            next = if answers.len() < MOST { queue.try_recv().ok() } else { None };
        }
        if dry {
            drop(batch);
        } else {
            batch.commit()?;
        }
        answers.into_iter().for_each(|answer| answer());
    }
    Ok(())
}
