//! A thread with a connection, and the queue before it.

use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};
use std::thread;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::file::File;
use crate::store::Error;

/// How many may wait for one thread.
const QUEUE: usize = 1024;

type Job = Box<dyn FnOnce(&mut File) + Send>;

/// Where work for the thread is handed over. The thread ends with the last clone.
#[derive(Debug, Clone)]
pub(super) struct Worker(SyncSender<Job>);

/// What a piece of work gets.
pub(super) struct Task<'a> {
    pub(super) connection: &'a mut Connection,
    /// What tells the file from another one that stood at its path before.
    pub(super) file: u64,
    /// Whether somebody still waits for the answer.
    pub(super) wanted: &'a dyn Fn() -> bool,
}

impl Worker {
    pub(super) fn start(name: &str, file: File) -> Result<Self, Error> {
        let (sender, jobs) = mpsc::sync_channel(QUEUE);
        thread::Builder::new()
            .name(name.into())
            .spawn(move || work(&jobs, file))
            .map_err(|error| Error::Unavailable(format!("no thread for it: {error}").into()))?;
        Ok(Self(sender))
    }

    /// Has the thread do something, and waits for the answer no longer than `patience`. What was not
    /// begun by then is not done.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        patience: Duration,
        work: impl FnOnce(Task<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (reply, answer) = oneshot::channel();
        let job = move |file: &mut File| {
            if reply.is_closed() {
                return;
            }
            let result = file.with(|connection, file| {
                let wanted: &dyn Fn() -> bool = &|| !reply.is_closed();
                work(Task {
                    connection,
                    file,
                    wanted,
                })
            });
            // Whoever asked may have given up.
            let _ = reply.send(result);
        };
        self.0.try_send(Box::new(job)).map_err(|error| {
            Error::Unavailable(match error {
                TrySendError::Full(_) => "too many wait for it".into(),
                TrySendError::Disconnected(_) => "its thread has ended".into(),
            })
        })?;
        match tokio::time::timeout(patience, answer).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(Error::Unavailable("its thread has ended".into())),
            Err(_) => Err(Error::Unavailable("no answer in time".into())),
        }
    }
}

fn work(jobs: &Receiver<Job>, mut file: File) {
    for job in jobs {
        job(&mut file);
    }
}
