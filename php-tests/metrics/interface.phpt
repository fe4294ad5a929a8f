--TEST--
SecureDispatch\Metrics tells counters, breaker, latency and outbox; with wrong settings, none, and an outbox that cannot be used too; nothing of the key, the endpoint's path or an order
--FILE--
<?php
require __DIR__ . '/../harness/testbed.inc';
$show = <<<'PHP'
    $page = SecureDispatch\Metrics::prometheus();
    $told = fn (string $names) => implode("\n", preg_grep("/^secure_dispatch_($names)[ {]/", explode("\n", $page))) . "\n";
    PHP;
$key = unique_key();
echo php(<<<PHP
    use SecureDispatch\\Metrics;
    secure_dispatch_order(['order_id' => 'A-1', 'note' => 'hunter2'], '$key');
    secure_dispatch_order(['order_id' => 'A-2']);
    try { secure_dispatch_order(['order_id' => 'A-3'], treated('status:400')); } catch (SecureDispatch\\Exception\\RejectedException) {}
    $show
    \$without = preg_replace('/(_bytes_total|_seconds\\S*|custody_faults) .*/', '\$1 …', \$page);
    echo implode("\\n", array_filter(explode("\\n", \$without), fn (\$line) => !str_starts_with(\$line, '#'))), substr(\$page, -6);
    \$all = \$page . print_r(secure_dispatch_status(), true);
    var_dump(preg_match('/hunter2|A-1|of-the-tests|$key/', \$all));
    // The same as the status has.
    ['counters' => \$counters, 'latency' => \$latency] = secure_dispatch_status();
    echo \$told('sent_bytes_total') === "secure_dispatch_sent_bytes_total \$counters[bytes_sent]\\n" ? 'as in the status' : \$told('sent_bytes_total'), "\\n";
    echo json_encode([\$latency['count'], end(\$latency['buckets']), \$latency['sum_seconds'] > 0 && \$latency['sum_seconds'] < 5]), "\\n";
    echo implode("\\n", preg_grep('/^# \\w+ secure_dispatch_(delivered|sent)/', explode("\\n", \$page))), "\\n";
    foreach ([fn () => new Metrics(), fn () => unserialize('O:22:"SecureDispatch\\Metrics":0:{}'), fn () => Metrics::prometheus(1)] as \$call) {
        try { \$call(); echo "no error\\n"; } catch (Throwable \$error) { echo \$error::class, ': ', \$error->getMessage(), "\\n"; }
    }
    PHP, ['secure_dispatch.endpoint' => endpoint('main', '/hunter2?token=hunter2')]);

echo "\nwith an outbox\n", php(<<<PHP
    secure_dispatch_order(['order_id' => 'B-1']);
    secure_dispatch_order(['order_id' => 'B-2'], treated('status:503'));
    sleep(1);
    $show
    echo \$told('(delivered|queued)_total|outbox_(?!oldest)\\w+');
    echo preg_match('/_age_seconds [1-9][0-9]?\\./', \$told('outbox_oldest\\w+')) ? "its age\\n" : \$told('outbox_oldest\\w+');
    PHP, outbox_settings());

$told = "$show\necho \$told('ready|outbox_usable|outbox_rows|breaker_state|accepted_total|call_duration_seconds_count'), substr(\$page, -6);";
echo "\nwith one that cannot be used\n", php($told, outbox_settings(['secure_dispatch.outbox' => '/proc/no/such.sqlite']));
echo "\nwith wrong settings\n", php($told, ['secure_dispatch.timeout_ms' => -1]);
echo "\nwithout settings\n", php($told, array_fill_keys(array_keys(settings()), null));
?>
--EXPECT--
secure_dispatch_build_info{version="0.1.0"} 1
secure_dispatch_ready 1
secure_dispatch_custody_faults …
secure_dispatch_breaker_state{state="closed"} 1
secure_dispatch_breaker_state{state="open"} 0
secure_dispatch_breaker_state{state="half-open"} 0
secure_dispatch_accepted_total 3
secure_dispatch_delivered_total 2
secure_dispatch_queued_total 0
secure_dispatch_repeated_total 0
secure_dispatch_rejected_total 1
secure_dispatch_dead_total 0
secure_dispatch_failed_total 0
secure_dispatch_retries_total 0
secure_dispatch_timeouts_total 0
secure_dispatch_breaker_opened_total 0
secure_dispatch_log_lines_lost_total 0
secure_dispatch_connections_total{kind="opened"} 1
secure_dispatch_connections_total{kind="reused"} 2
secure_dispatch_sent_bytes_total …
secure_dispatch_received_bytes_total …
secure_dispatch_call_duration_seconds_sum …
secure_dispatch_call_duration_seconds_count …
secure_dispatch_call_duration_seconds_bucket{le="0.001"} …
secure_dispatch_call_duration_seconds_bucket{le="0.0025"} …
secure_dispatch_call_duration_seconds_bucket{le="0.005"} …
secure_dispatch_call_duration_seconds_bucket{le="0.01"} …
secure_dispatch_call_duration_seconds_bucket{le="0.025"} …
secure_dispatch_call_duration_seconds_bucket{le="0.05"} …
secure_dispatch_call_duration_seconds_bucket{le="0.1"} …
secure_dispatch_call_duration_seconds_bucket{le="0.25"} …
secure_dispatch_call_duration_seconds_bucket{le="0.5"} …
secure_dispatch_call_duration_seconds_bucket{le="1.0"} …
secure_dispatch_call_duration_seconds_bucket{le="2.5"} …
secure_dispatch_call_duration_seconds_bucket{le="5.0"} …
secure_dispatch_call_duration_seconds_bucket{le="10.0"} …
secure_dispatch_call_duration_seconds_bucket{le="+Inf"} …
# EOF
int(0)
as in the status
[3,{"le":null,"count":3},true]
# HELP secure_dispatch_delivered Orders that the API took, by this process since start
# TYPE secure_dispatch_delivered counter
# HELP secure_dispatch_sent_bytes Bytes of HTTP requests inside TLS, by this process since start
# TYPE secure_dispatch_sent_bytes counter
# UNIT secure_dispatch_sent_bytes bytes
Error: Call to private SecureDispatch\Metrics::__construct() from global scope
Exception: Unserialization of 'SecureDispatch\Metrics' is not allowed
ArgumentCountError: SecureDispatch\Metrics::prometheus() expects exactly 0 arguments, 1 given

with an outbox
secure_dispatch_delivered_total 1
secure_dispatch_queued_total 1
secure_dispatch_outbox_usable 1
secure_dispatch_outbox_rows{state="queued"} 1
secure_dispatch_outbox_rows{state="unconfirmed"} 0
secure_dispatch_outbox_rows{state="held"} 0
secure_dispatch_outbox_rows{state="rejected"} 0
secure_dispatch_outbox_rows{state="dead"} 0
secure_dispatch_outbox_delivered_total 1
secure_dispatch_outbox_rejected_total 0
secure_dispatch_outbox_dead_total 0
its age

with one that cannot be used
secure_dispatch_ready 1
secure_dispatch_breaker_state{state="closed"} 1
secure_dispatch_breaker_state{state="open"} 0
secure_dispatch_breaker_state{state="half-open"} 0
secure_dispatch_accepted_total 0
secure_dispatch_call_duration_seconds_count 0
secure_dispatch_outbox_usable 0
# EOF

with wrong settings
secure_dispatch_ready 0
secure_dispatch_accepted_total 0
secure_dispatch_call_duration_seconds_count 0
# EOF

without settings
secure_dispatch_ready 0
secure_dispatch_accepted_total 0
secure_dispatch_call_duration_seconds_count 0
# EOF
