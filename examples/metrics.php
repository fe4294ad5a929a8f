<?php

/**
 * What Prometheus scrapes: put it where only the shop's web server serves it, and name it in scrape_configs (metrics_path, authorization).
 *
 * It has to run in the same php-fpm or Apache as the shop: counters are of that master's workers.
 */

declare(strict_types=1);

// A secret of the operator's choice: secure_dispatch_metrics_token=… in php.ini (of no extension, so that ini_get() does not know it), or
// an environment variable of the server. With one, everybody needs it.
$token = get_cfg_var('secure_dispatch_metrics_token') ?: getenv('SECURE_DISPATCH_METRICS_TOKEN') ?: null;

if ($token !== null) {
    // Apache keeps this header from $_SERVER. hash_equals: the time it takes tells nothing of the token.
    $given = array_change_key_case(getallheaders())['authorization'] ?? '';
    $allowed = hash_equals("Bearer $token", $given);
} else {
    // Behind a proxy of this machine everybody comes from loopback; proxies say so by one of these headers.
    $proxied = isset($_SERVER['HTTP_X_FORWARDED_FOR']) || isset($_SERVER['HTTP_FORWARDED']) || isset($_SERVER['HTTP_VIA']) || isset($_SERVER['HTTP_X_REAL_IP']);
    $allowed = !$proxied && in_array($_SERVER['REMOTE_ADDR'], ['127.0.0.1', '::1'], true);
}

if (!$allowed) {
    http_response_code(403);
    exit;
}

// Without the version Prometheus would read it as its older format, which knows no "info" and no "# UNIT".
header('Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8');
header('Cache-Control: no-store');
echo SecureDispatch\Metrics::prometheus();
