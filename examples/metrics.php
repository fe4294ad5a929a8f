<?php

/**
 * What Prometheus scrapes: put it where only the shop's web server serves it, and name it in scrape_configs (metrics_path, authorization).
 *
 * It has to run in the same php-fpm or Apache as the shop: counters are of that master's workers.
 */

declare(strict_types=1);

// A secret of the operator's choice: secure_dispatch_metrics_token=… in php.ini (of no extension, so that ini_get() does not know it), or
// an environment variable of the server (php-fpm: env[…] in the pool). Without one, nobody is served: that a request comes from loopback
// says nothing. Behind a reverse proxy of this machine everybody does, and proxies need not say so: nginx's proxy_pass, as it is, adds
// neither X-Forwarded-For nor Via.
$token = get_cfg_var('secure_dispatch_metrics_token') ?: getenv('SECURE_DISPATCH_METRICS_TOKEN');

// Apache keeps this header from $_SERVER. hash_equals: the time it takes tells nothing of the token.
$given = array_change_key_case(getallheaders())['authorization'] ?? '';

if (!is_string($token) || $token === '' || !hash_equals("Bearer $token", $given)) {
    http_response_code(403);
    exit;
}

// Without the version Prometheus would read it as its older format, which knows no "info" and no "# UNIT".
header('Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8');
header('Cache-Control: no-store');
echo SecureDispatch\Metrics::prometheus();
