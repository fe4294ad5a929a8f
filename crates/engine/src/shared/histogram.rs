//! How long something took, counted by all workers together.

use std::{
    array,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

/// What is at most so long is counted under it; what is longer than all of them, after the last.
const BOUNDS: [Duration; 13] = [
    Duration::from_millis(1),
    Duration::from_micros(2500),
    Duration::from_millis(5),
    Duration::from_millis(10),
    Duration::from_millis(25),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_millis(2500),
    Duration::from_secs(5),
    Duration::from_secs(10),
];

/// Durations by bucket, and their sum. That there is a bucket for each is all that holds them together, so it is right after every store.
#[derive(Debug, Default)]
pub struct Histogram {
    buckets: [AtomicU64; BOUNDS.len() + 1],
    micros: AtomicU64,
}

impl Histogram {
    /// Counts one more.
    pub fn observe(&self, duration: Duration) {
        let bucket = BOUNDS.partition_point(|bound| *bound < duration);
        if let Some(bucket) = self.buckets.get(bucket) {
            bucket.fetch_add(1, Relaxed);
        }
        self.micros.fetch_add(u64::try_from(duration.as_micros()).unwrap_or_default(), Relaxed);
    }

    /// What was counted so far.
    #[must_use]
    pub fn read(&self) -> Latency {
        let counts = self.buckets.each_ref().map(|bucket| bucket.load(Relaxed));
        let bound = |i| BOUNDS.get(i).map_or(f64::INFINITY, Duration::as_secs_f64);
        Latency {
            count: counts.iter().sum(),
            sum: Duration::from_micros(self.micros.load(Relaxed)),
            buckets: array::from_fn(|i| (bound(i), counts.get(i).copied().unwrap_or_default())),
        }
    }
}

/// A [`Histogram`], read.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Latency {
    /// How many there were.
    pub count: u64,
    /// How long they took together.
    pub sum: Duration,
    /// The longest that each bucket takes, in seconds (infinity: any), and how many are in it and in none before it.
    pub buckets: [(f64, u64); BOUNDS.len() + 1],
}

impl Latency {
    /// The buckets, each with all that took no longer.
    pub fn cumulative(&self) -> impl Iterator<Item = (f64, u64)> {
        self.buckets.iter().scan(0, |so_far, (bound, count)| {
            *so_far += count;
            Some((*bound, *so_far))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_duration_is_in_the_first_bucket_that_takes_it() {
        let histogram = Histogram::default();
        let just_more = |bound: Duration| bound + Duration::from_nanos(1);
        for duration in [Duration::ZERO, BOUNDS[0], just_more(BOUNDS[0]), BOUNDS[12], just_more(BOUNDS[12])] {
            histogram.observe(duration);
        }
        let latency = histogram.read();
        let filled: Vec<_> = latency.buckets.into_iter().filter(|(_, count)| *count > 0).collect();
        assert_eq!(filled, [(0.001, 2), (0.0025, 1), (10.0, 1), (f64::INFINITY, 1)]);
        assert_eq!((latency.count, latency.sum), (5, Duration::from_millis(20_002)));
    }

    #[test]
    fn buckets_are_told_with_all_that_is_in_those_before_them() {
        let histogram = Histogram::default();
        for millis in [1, 2, 2, 99_999] {
            histogram.observe(Duration::from_millis(millis));
        }
        let told: Vec<_> = histogram.read().cumulative().collect();
        assert_eq!(told[..3], [(0.001, 1), (0.0025, 3), (0.005, 3)]);
        assert_eq!(told[12..], [(10.0, 3), (f64::INFINITY, 4)]);
        assert!(told.is_sorted());
    }
}
