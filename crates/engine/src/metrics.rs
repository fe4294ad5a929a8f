//! What was counted and how things stand, in the text format of `OpenMetrics` 1.0, as Prometheus reads it. Knows only what it is given.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeCounterValue, EncodeGaugeValue, NoLabelSet, text},
    metrics::MetricType,
    registry::{Registry, Unit},
};

use crate::{
    dispatch::BreakerState,
    outbox::Tally,
    shared::{Counter, Latency},
};

/// What is told. Nothing in it is secret or personal.
#[derive(Debug)]
pub struct Snapshot {
    /// The extension's.
    pub version: &'static str,
    /// The settings are right.
    pub ready: bool,
    /// Whose counters, latency and breaker these are: "this process", "all workers of this master".
    pub scope: &'static str,
    /// None without settings.
    pub breaker: Option<BreakerState>,
    /// As the shared memory has them, not the outbox.
    pub counters: [(Counter, u64); Counter::ALL.len()],
    /// Of calls.
    pub latency: Latency,
    /// None: none is set; an error: it cannot be used.
    pub outbox: Option<Result<Tally, String>>,
    /// How many of the key's protections do not hold.
    pub unprotected: usize,
    /// By which ages are told.
    pub now: SystemTime,
}

/// The whole page.
#[must_use]
pub fn open_metrics(snapshot: Snapshot) -> String {
    let mut registry = Registry::with_prefix("secure_dispatch");
    registry.register_collector(Box::new(snapshot));
    let mut page = String::new();
    // Into a String nothing fails; and a page that has no end is refused by whoever reads it.
    let _ = text::encode(&mut page, &registry);
    page
}

/// What a counter counts, if it is a family of its own.
fn help(counter: Counter) -> Option<&'static str> {
    Some(match counter {
        Counter::Accepted => "Orders that passed the schema",
        Counter::Delivered => "Orders that the API took",
        Counter::Queued => "Calls whose order is still in the outbox",
        Counter::Repeated => "Calls under a known idempotency key, which got the earlier receipt",
        Counter::Rejected => "Orders that the API refused",
        Counter::Dead => "Orders that were given up after outbox_max_age_days",
        Counter::Failed => "Calls that ended in an exception, refused orders apart",
        Counter::Retries => "Times an order was sent again within a call or a drain",
        Counter::Timeouts => "Attempts that ran out of time",
        Counter::BreakerOpened => "Times the breaker opened",
        Counter::LogLinesLost => "Lines that could not be written to the log",
        Counter::ConnectionsOpened
        | Counter::ConnectionsReused
        | Counter::BytesSent
        | Counter::BytesReceived => return None,
    })
}

impl Collector for Snapshot {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut families = Families(encoder);
        families.info("build", "What is running", "version", self.version)?;
        families.gauge(
            "ready",
            "1: the settings are right. 0: no order is sent",
            None,
            &u64::from(self.ready),
        )?;
        let unprotected = "Protections of the API key that do not hold in the process that tells this";
        families.gauge("custody_faults", unprotected, None, &self.unprotected)?;
        if let Some(breaker) = self.breaker {
            let states =
                ["closed", "open", "half-open"].map(|name| (name, u64::from(name == breaker.name())));
            let help = format!("1 in the state that the breaker of {} is in", self.scope);
            families.gauges("breaker_state", &help, "state", &states)?;
        }
        self.counted(&mut families)?;
        match &self.outbox {
            Some(Ok(tally)) => self.outbox(&mut families, tally),
            Some(Err(_)) => usable(&mut families, false),
            None => Ok(()),
        }
    }
}

impl Snapshot {
    fn counted(&self, families: &mut Families<'_>) -> fmt::Result {
        let help = |what: &str| format!("{what}, by {} since start", self.scope);
        let count =
            |wanted| self.counters.iter().find(|(counter, _)| *counter == wanted).map_or(0, |(_, n)| *n);
        for (counter, n) in self.counters {
            if let Some(what) = self::help(counter) {
                families.counter(counter.name(), &help(what), None, &n)?;
            }
        }
        families.counters(
            "connections",
            &help("Requests by the connection that they went over"),
            "kind",
            &[("opened", count(Counter::ConnectionsOpened)), ("reused", count(Counter::ConnectionsReused))],
        )?;
        let (sent, received) = (count(Counter::BytesSent), count(Counter::BytesReceived));
        families.counter("sent", &help("Bytes of HTTP requests inside TLS"), Some(&Unit::Bytes), &sent)?;
        families.counter(
            "received",
            &help("Bytes of HTTP answers inside TLS"),
            Some(&Unit::Bytes),
            &received,
        )?;
        let took = help("How long calls took from the order's passing the schema, whatever came of them");
        families.histogram("call_duration", &took, &self.latency)
    }

    fn outbox(&self, families: &mut Families<'_>, tally: &Tally) -> fmt::Result {
        usable(families, true)?;
        families.gauges(
            "outbox_rows",
            "Orders that the outbox keeps, by state",
            "state",
            &tally.by_state(),
        )?;
        let since = tally.oldest.and_then(|millis| u64::try_from(millis).ok()).map(Duration::from_millis);
        let age = since.and_then(|since| self.now.duration_since(SystemTime::UNIX_EPOCH + since).ok());
        let oldest = "How long the oldest order that is to be sent has waited; 0: there is none";
        let age = age.unwrap_or_default().as_secs_f64();
        families.gauge("outbox_oldest_age", oldest, Some(&Unit::Seconds), &age)?;
        for (name, what, n) in [
            ("outbox_delivered", "that the API took", tally.ever.delivered),
            ("outbox_rejected", "that the API refused", tally.ever.rejected),
            ("outbox_dead", "that were given up after outbox_max_age_days", tally.ever.dead),
        ] {
            let help = format!("Orders of the outbox {what}, by all that use it since its file was made");
            families.counter(name, &help, None, &n)?;
        }
        Ok(())
    }
}

fn usable(families: &mut Families<'_>, usable: bool) -> fmt::Result {
    let help = "1: orders are kept in the outbox. 0: it cannot be used, and they go directly";
    families.gauge("outbox_usable", help, None, &u64::from(usable))
}

/// The families of a page, one after the other.
struct Families<'a>(DescriptorEncoder<'a>);

impl Families<'_> {
    fn info(&mut self, name: &str, help: &str, label: &str, value: &str) -> fmt::Result {
        self.0.encode_descriptor(name, help, None, MetricType::Info)?.encode_info(&[(label, value)])
    }

    fn gauge(
        &mut self,
        name: &str,
        help: &str,
        unit: Option<&Unit>,
        value: &impl EncodeGaugeValue,
    ) -> fmt::Result {
        self.0.encode_descriptor(name, help, unit, MetricType::Gauge)?.encode_gauge(value)
    }

    fn gauges(&mut self, name: &str, help: &str, label: &str, values: &[(&str, u64)]) -> fmt::Result {
        let mut family = self.0.encode_descriptor(name, help, None, MetricType::Gauge)?;
        values.iter().try_for_each(|(value, n)| family.encode_family(&[(label, *value)])?.encode_gauge(n))
    }

    fn counter(
        &mut self,
        name: &str,
        help: &str,
        unit: Option<&Unit>,
        n: &impl EncodeCounterValue,
    ) -> fmt::Result {
        let mut family = self.0.encode_descriptor(name, help, unit, MetricType::Counter)?;
        family.encode_counter::<NoLabelSet, _, u64>(n, None)
    }

    fn counters(&mut self, name: &str, help: &str, label: &str, values: &[(&str, u64)]) -> fmt::Result {
        let mut family = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        values.iter().try_for_each(|(value, n)| {
            family.encode_family(&[(label, *value)])?.encode_counter::<NoLabelSet, _, u64>(n, None)
        })
    }

    fn histogram(&mut self, name: &str, help: &str, latency: &Latency) -> fmt::Result {
        let mut family = self.0.encode_descriptor(name, help, Some(&Unit::Seconds), MetricType::Histogram)?;
        let sum = latency.sum.as_secs_f64();
        family.encode_histogram::<NoLabelSet>(sum, latency.count, &latency.buckets, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{outbox::Ever, shared::Histogram};

    fn snapshot() -> Snapshot {
        let histogram = Histogram::default();
        for millis in [1, 30, 20_000] {
            histogram.observe(Duration::from_millis(millis));
        }
        let mut n = 0;
        let counters = Counter::ALL.map(|counter| {
            n += 1;
            (counter, n)
        });
        Snapshot {
            version: "1.2.3",
            ready: true,
            scope: "all workers of this master",
            breaker: Some(BreakerState::Open(700)),
            counters,
            latency: histogram.read(),
            outbox: None,
            unprotected: 2,
            now: SystemTime::UNIX_EPOCH + Duration::from_secs(1000),
        }
    }

    fn tally() -> Tally {
        let ever = Ever { delivered: 6, rejected: 7, dead: 8 };
        Tally { queued: 1, unconfirmed: 2, held: 3, rejected: 4, dead: 5, oldest: Some(990_500), ever }
    }

    /// The value of a line.
    fn value(page: &str, series: &str) -> Option<String> {
        let of_line = |line: &str| Some(line.strip_prefix(series)?.strip_prefix(' ')?.to_owned());
        page.lines().find_map(of_line)
    }

    fn told(page: &str, values: &[(&str, &str)]) {
        for (series, expected) in values {
            let series = format!("secure_dispatch_{series}");
            assert_eq!(value(page, &series).as_deref(), Some(*expected), "{series} in\n{page}");
        }
    }

    #[test]
    fn a_page_tells_everything_once_and_ends() {
        let page = open_metrics(Snapshot { outbox: Some(Ok(tally())), ..snapshot() });
        told(
            &page,
            &[
                ("build_info{version=\"1.2.3\"}", "1"),
                ("ready", "1"),
                ("custody_faults", "2"),
                ("breaker_state{state=\"closed\"}", "0"),
                ("breaker_state{state=\"open\"}", "1"),
                ("accepted_total", "1"),
                ("breaker_opened_total", "10"),
                ("connections_total{kind=\"opened\"}", "11"),
                ("connections_total{kind=\"reused\"}", "12"),
                ("sent_bytes_total", "13"),
                ("received_bytes_total", "14"),
                ("call_duration_seconds_bucket{le=\"0.001\"}", "1"),
                ("call_duration_seconds_bucket{le=\"0.05\"}", "2"),
                ("call_duration_seconds_bucket{le=\"10.0\"}", "2"),
                ("call_duration_seconds_bucket{le=\"+Inf\"}", "3"),
                ("call_duration_seconds_count", "3"),
                ("call_duration_seconds_sum", "20.031"),
                ("outbox_usable", "1"),
                ("outbox_rows{state=\"queued\"}", "1"),
                ("outbox_rows{state=\"dead\"}", "5"),
                ("outbox_oldest_age_seconds", "9.5"),
                ("outbox_delivered_total", "6"),
                ("outbox_rejected_total", "7"),
                ("outbox_dead_total", "8"),
            ],
        );
        assert!(page.ends_with("\n# EOF\n"));
        let mut series: Vec<_> =
            page.lines().filter_map(|line| line.rsplit_once(' ')).map(|(name, _)| name).collect();
        series.sort_unstable();
        assert!(series.windows(2).all(|pair| pair[0] != pair[1]));
        assert!(page.contains("Orders that the API took, by all workers of this master since start\n"));
    }

    #[test]
    fn every_counter_is_told() {
        let page = open_metrics(snapshot());
        for (counter, n) in snapshot().counters {
            assert!(
                page.lines().any(|line| line.contains("_total") && line.ends_with(&format!(" {n}"))),
                "{counter:?}"
            );
        }
    }

    /// Alarms are set by these names.
    #[test]
    fn the_documented_alarms_are_series() {
        let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operations.md");
        let docs = std::fs::read_to_string(docs).unwrap();
        let page = open_metrics(Snapshot { outbox: Some(Ok(tally())), ..snapshot() });
        let signs =
            docs.lines().filter_map(|line| line.strip_prefix("| `secure_dispatch_")?.split('`').next());
        let mut alarms = 0;
        for name in signs {
            let has =
                |line: &str| line.starts_with(&format!("secure_dispatch_{name}")) && !line.starts_with('#');
            assert!(
                page.lines().any(|line| has(line) && line[16 + name.len()..].starts_with(['{', ' '])),
                "{name}"
            );
            alarms += 1;
        }
        assert_eq!(alarms, 5);
    }

    #[test]
    fn what_is_not_known_is_not_told() {
        let page = open_metrics(Snapshot { ready: false, breaker: None, ..snapshot() });
        told(&page, &[("ready", "0"), ("accepted_total", "1")]);
        assert!(
            !page.contains("breaker_state") && !page.contains("outbox_usable") && page.ends_with("# EOF\n")
        );
        let page = open_metrics(Snapshot { outbox: Some(Err("/a/path".to_owned())), ..snapshot() });
        told(&page, &[("outbox_usable", "0")]);
        assert!(!page.contains("outbox_rows") && !page.contains("/a/path"));
        let empty = Tally { oldest: None, ..tally() };
        told(
            &open_metrics(Snapshot { outbox: Some(Ok(empty)), ..snapshot() }),
            &[("outbox_oldest_age_seconds", "0.0")],
        );
    }
}
