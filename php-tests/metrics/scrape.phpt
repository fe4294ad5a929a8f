--TEST--
A real Prometheus scrapes examples/metrics.php and knows what was dispatched; the example refuses strangers
--SKIPIF--
<?php if (!exec('command -v prometheus')) die('skip needs prometheus'); ?>
--FILE--
<?php
require __DIR__ . '/../harness/prometheus.inc';
mkdir($www = scratch());
copy(dirname(__DIR__, 2) . '/examples/metrics.php', "$www/metrics.php");
file_put_contents("$www/order.php", '<?php echo secure_dispatch_order(["order_id" => $_GET["n"]])->state->value, "\n";');
// Who comes from loopback may come from anywhere.
$without = php_server($www);
$empty = php_server($www, ['secure_dispatch_metrics_token' => '']);
$guarded = php_server($www, ['secure_dispatch_metrics_token' => 'a token']);
$guarded_by_environment = php_server($www, [], ['SECURE_DISPATCH_METRICS_TOKEN' => 'a token']);
$lame = php_server($www, ['secure_dispatch.timeout_ms' => -1, 'secure_dispatch_metrics_token' => 'a token']);

$status = function (string $address, string ...$headers): string {
    file_get_contents("http://$address/metrics.php", false, stream_context_create(['http' => ['header' => $headers, 'ignore_errors' => true]]));
    return implode(', ', preg_grep('/^HTTP|^Content-Type: application/', $http_response_header));
};
echo $status($guarded, 'Authorization: Bearer a token'), "\n";
foreach ([$without, $empty] as $address) {
    echo implode('; ', [$status($address), $status($address, 'Authorization: Bearer a token'), $status($address, 'Authorization: Bearer ')]), "\n";
}
foreach ([$guarded, $guarded_by_environment] as $address) {
    echo implode('; ', [$status($address), $status($address, 'Authorization: Bearer another'), substr($status($address, 'Authorization: Bearer a token'), 0, 15)]), "\n";
}

$authorization = ['authorization' => ['credentials' => 'a token']];
$ask = prometheus(['guarded' => $guarded, 'stranger' => $guarded, 'lame' => $lame], ['guarded' => $authorization, 'lame' => $authorization]);
$value = fn (string $query) => $ask('query?query=' . urlencode($query))['result'][0]['value'][1] ?? null;
$becomes = fn (string $query, string $wanted) => eventually(fn () => $value($query) === $wanted ? $wanted : null) ?? "never, but {$value($query)}";
for ($n = 0; $n < 7; $n++) {
    file_get_contents("http://$guarded/order.php?n=$n");
}
foreach (['secure_dispatch_delivered_total{job="guarded"}' => 7, 'secure_dispatch_call_duration_seconds_count{job="guarded"}' => 7, 'secure_dispatch_call_duration_seconds_bucket{job="guarded",le="+Inf"}' => 7,
    'secure_dispatch_connections_total{job="guarded",kind="opened"}' => 1, 'up{job="guarded"}' => 1, 'up{job="stranger"}' => 0, 'up{job="lame"}' => 1,
    'secure_dispatch_ready{job="guarded"}' => 1, 'secure_dispatch_ready{job="lame"}' => 0, 'secure_dispatch_build_info{job="guarded",version!=""}' => 1] as $query => $wanted) {
    echo "$query ", $becomes($query, (string) $wanted), "\n";
}
echo 'no more than the median of all calls: ', (float) $value('histogram_quantile(0.5, secure_dispatch_call_duration_seconds_bucket{job="guarded"})') < 5 ? 'a few seconds' : 'too long', "\n";
foreach ($ask('targets')['activeTargets'] as $target) {
    $errors[$target['labels']['job']] = $target['lastError'];
}
ksort($errors);
echo json_encode($errors), "\n";
$metadata = $ask('metadata');
echo json_encode(array_map(fn ($name) => [$metadata[$name][0]['type'] ?? null, $metadata[$name][0]['unit'] ?? null], [
    'secure_dispatch_delivered', 'secure_dispatch_sent_bytes', 'secure_dispatch_call_duration_seconds', 'secure_dispatch_build', 'secure_dispatch_breaker_state',
])), "\n", $metadata['secure_dispatch_delivered'][0]['help'], "\n";
?>
--EXPECT--
HTTP/1.1 200 OK, Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8
HTTP/1.1 403 Forbidden; HTTP/1.1 403 Forbidden; HTTP/1.1 403 Forbidden
HTTP/1.1 403 Forbidden; HTTP/1.1 403 Forbidden; HTTP/1.1 403 Forbidden
HTTP/1.1 403 Forbidden; HTTP/1.1 403 Forbidden; HTTP/1.1 200 OK
HTTP/1.1 403 Forbidden; HTTP/1.1 403 Forbidden; HTTP/1.1 200 OK
secure_dispatch_delivered_total{job="guarded"} 7
secure_dispatch_call_duration_seconds_count{job="guarded"} 7
secure_dispatch_call_duration_seconds_bucket{job="guarded",le="+Inf"} 7
secure_dispatch_connections_total{job="guarded",kind="opened"} 1
up{job="guarded"} 1
up{job="stranger"} 0
up{job="lame"} 1
secure_dispatch_ready{job="guarded"} 1
secure_dispatch_ready{job="lame"} 0
secure_dispatch_build_info{job="guarded",version!=""} 1
no more than the median of all calls: a few seconds
{"guarded":"","lame":"","stranger":"server returned HTTP status 403 Forbidden"}
[["counter",""],["counter","bytes"],["histogram","seconds"],["info",""],["gauge",""]]
Orders that the API took, by this process since start
