--TEST--
phpinfo() and secure_dispatch_status() tell version, build, posture and settings, never the key or the endpoint's path
--FILE--
<?php
require __DIR__ . '/../harness/testbed.inc';
echo php(<<<'PHP'
    ob_start();
    phpinfo();
    $info = ob_get_clean();
    preg_match('/^secure_dispatch\n.*?(?=\n\n[^\n]*\n\n(?!Directive))/ms', $info, $section);
    $status = secure_dispatch_status();
    $versions = array_diff_key($status['build'], ['features' => 1]);
    $lines = str_replace([dirname(testbed()['ca']), ...array_values($versions)], ['…', ...array_map(fn ($of) => "{{$of}}", array_keys($versions))], $section[0]);
    echo preg_replace('/^(custody: (?:no file|the key lies in).* => ).*/m', '$1holds, or says why', $lines), "\n";
    foreach ($versions as $of => $version) {
        echo "$of ", preg_replace('/\d+\.\d+\.\d+|\([0-9a-f]{9} [-0-9]{10}\)/', '…', $version), "\n";
    }
    unset($status['build']['rustc'], $status['build']['tls'], $status['build']['sqlite']);
    foreach ($status['custody'] as $name => $protection) {
        // As this user and this kernel have it.
        if (in_array($name, ['source_private', 'memory_secret'])) continue;
        echo "$name ", $protection['holds'] ? 'holds' : 'does not hold', ', ', count($protection['faults']), " faults\n";
    }
    unset($status['custody']);
    var_dump($status);
    var_dump(str_contains($info . print_r(secure_dispatch_status(), true), 'hunter2'));
    PHP, ['secure_dispatch.endpoint' => endpoint('main', '/hunter2?token=hunter2'), 'secure_dispatch.api_key_file' => null,
    'secure_dispatch.api_key' => 'key-by-ini', 'secure_dispatch.timeout_ms' => 4000, 'ffi.enable' => 0, 'enable_dl' => 0, 'secure_dispatch.schema_file' => null]);

var_dump(str_contains(php('phpinfo(INFO_MODULES);', ['secure_dispatch.proxy' => 'http://u:hunter2@proxy.example:1']), 'hunter2'));
?>
--EXPECT--
secure_dispatch

secure_dispatch => ready
version => 0.1.0
built by => rustc {rustc}
TLS => {tls}
SQLite => {sqlite}
endpoint host => localhost
key from => secure_dispatch.api_key
custody: the key is erased from PHP's configuration, arguments and environment => holds
custody: no file with a secret in it can be read by PHP code => holds, or says why
custody: the key is set in one place only => holds
custody: the key is in no place that PHP code sees => holds
custody: the key lies in memory that no debugger and no /proc/self/mem can read => holds, or says why
custody: other processes of the same user cannot look into this one => holds
custody: a crash leaves no core dump => holds
custody: no known way for PHP code to load native code is open => holds
counted by => this process
breaker => closed
accepted => 0
delivered => 0
queued => 0
repeated => 0
rejected => 0
dead => 0
failed => 0
retries => 0
timeouts => 0
breaker opened => 0
connections opened => 0
connections reused => 0
bytes sent => 0
bytes received => 0
log lines lost => 0
calls by seconds => 0
outbox => none

Directive => Value
secure_dispatch.endpoint => https://localhost/…
secure_dispatch.api_key_file => no value
secure_dispatch.api_key_header => X-API-KEY
secure_dispatch.ca_file => …/ca.pem
secure_dispatch.client_cert_file => no value
secure_dispatch.client_key_file => no value
secure_dispatch.pinned_spki => no value
secure_dispatch.proxy => no value
secure_dispatch.connect_timeout_ms => 2000
secure_dispatch.timeout_ms => 4000
secure_dispatch.max_attempts => 1
secure_dispatch.max_order_bytes => 262144
secure_dispatch.max_response_bytes => 65536
secure_dispatch.schema_file => no value
secure_dispatch.unknown_fields => drop
secure_dispatch.card_numbers => mask
secure_dispatch.order_id => no value
secure_dispatch.outbox => no value
secure_dispatch.outbox_key_file => no value
secure_dispatch.wait_ms => 1500
secure_dispatch.resend_unconfirmed => 1
secure_dispatch.outbox_max_age_days => 7
secure_dispatch.outbox_retention_days => 30
secure_dispatch.outbox_max_bytes => 1G
secure_dispatch.drain_rate => 50
secure_dispatch.breaker_failure_percent => 50
secure_dispatch.breaker_min_calls => 10000
secure_dispatch.breaker_window_ms => 30000
secure_dispatch.breaker_open_ms => 15000
secure_dispatch.log => php
secure_dispatch.log_level => info
secure_dispatch.traceparent => no value
secure_dispatch.harden => 1
rustc … …
tls rustls … with aws-lc-rs …
sqlite …
sources_erased holds, 0 faults
one_source holds, 0 faults
supported_source holds, 0 faults
process_closed holds, 0 faults
no_core_dump holds, 0 faults
no_native_code holds, 0 faults
array(10) {
  ["version"]=>
  string(5) "0.1.0"
  ["build"]=>
  array(1) {
    ["features"]=>
    array(0) {
    }
  }
  ["endpoint_host"]=>
  string(9) "localhost"
  ["key_source"]=>
  string(23) "secure_dispatch.api_key"
  ["problems"]=>
  array(0) {
  }
  ["scope"]=>
  string(12) "this process"
  ["breaker"]=>
  string(6) "closed"
  ["counters"]=>
  array(15) {
    ["accepted"]=>
    int(0)
    ["delivered"]=>
    int(0)
    ["queued"]=>
    int(0)
    ["repeated"]=>
    int(0)
    ["rejected"]=>
    int(0)
    ["dead"]=>
    int(0)
    ["failed"]=>
    int(0)
    ["retries"]=>
    int(0)
    ["timeouts"]=>
    int(0)
    ["breaker_opened"]=>
    int(0)
    ["connections_opened"]=>
    int(0)
    ["connections_reused"]=>
    int(0)
    ["bytes_sent"]=>
    int(0)
    ["bytes_received"]=>
    int(0)
    ["log_lines_lost"]=>
    int(0)
  }
  ["latency"]=>
  array(3) {
    ["count"]=>
    int(0)
    ["sum_seconds"]=>
    float(0)
    ["buckets"]=>
    array(14) {
      [0]=>
      array(2) {
        ["le"]=>
        float(0.001)
        ["count"]=>
        int(0)
      }
      [1]=>
      array(2) {
        ["le"]=>
        float(0.0025)
        ["count"]=>
        int(0)
      }
      [2]=>
      array(2) {
        ["le"]=>
        float(0.005)
        ["count"]=>
        int(0)
      }
      [3]=>
      array(2) {
        ["le"]=>
        float(0.01)
        ["count"]=>
        int(0)
      }
      [4]=>
      array(2) {
        ["le"]=>
        float(0.025)
        ["count"]=>
        int(0)
      }
      [5]=>
      array(2) {
        ["le"]=>
        float(0.05)
        ["count"]=>
        int(0)
      }
      [6]=>
      array(2) {
        ["le"]=>
        float(0.1)
        ["count"]=>
        int(0)
      }
      [7]=>
      array(2) {
        ["le"]=>
        float(0.25)
        ["count"]=>
        int(0)
      }
      [8]=>
      array(2) {
        ["le"]=>
        float(0.5)
        ["count"]=>
        int(0)
      }
      [9]=>
      array(2) {
        ["le"]=>
        float(1)
        ["count"]=>
        int(0)
      }
      [10]=>
      array(2) {
        ["le"]=>
        float(2.5)
        ["count"]=>
        int(0)
      }
      [11]=>
      array(2) {
        ["le"]=>
        float(5)
        ["count"]=>
        int(0)
      }
      [12]=>
      array(2) {
        ["le"]=>
        float(10)
        ["count"]=>
        int(0)
      }
      [13]=>
      array(2) {
        ["le"]=>
        NULL
        ["count"]=>
        int(0)
      }
    }
  }
  ["outbox"]=>
  NULL
}
bool(false)
bool(false)
