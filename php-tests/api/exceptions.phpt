--TEST--
Every outcome is its own exception, with real file, line and trace, and told without order, key or body
--FILE--
<?php
require __DIR__ . '/../harness/testbed.inc';
foreach (['Configuration', 'Validation', 'Transport', 'Timeout', 'Rejected', 'Unavailable'] as $name) {
    $class = new ReflectionClass("SecureDispatch\\Exception\\{$name}Exception");
    echo $class->getShortName(), ' < ', $class->getParentClass()->getName();
    var_dump($class->implementsInterface(SecureDispatch\Exception\SecureDispatchException::class));
    foreach ($class->getProperties() as $property) {
        if ($property->class === $class->name) {
            echo "  ", $property->isReadOnly() ? 'readonly ' : '', $property->getType(), ' $', $property->name, "\n";
        }
    }
}
function hook(string $behaviour): void
{
    secure_dispatch_order(['order_id' => 1, 'email' => 'ada@example.test'], treated($behaviour));
}
foreach (['status:302', 'status:400,echo,echo-headers', 'status:401', 'status:404', 'status:409', 'status:413', 'status:422',
    'status:408', 'status:425', 'status:429,retry-after:7', 'status:500,reason:ada@example.test', 'status:503,retry-after:Fri%2C 01 Jan 2100 00:00:00 GMT', 'status:599',
    'garbage', 'half', 'after:reset'] as $behaviour) {
    try {
        hook($behaviour);
        echo "no exception\n";
    } catch (SecureDispatch\Exception\SecureDispatchException $e) {
        echo "\n$behaviour\n", basename(str_replace('\\', '/', $e::class)), " code {$e->getCode()}: {$e->getMessage()}\n";
        foreach (['status', 'retryAfter'] as $property) {
            if (property_exists($e, $property)) {
                echo "  $property ", json_encode(min($e->$property, 1_000_000_000)), "\n";
            }
        }
        [$frame, $caller] = $e->getTrace();
        echo '  ', basename($e->getFile()), ":{$e->getLine()} {$frame['function']} < {$caller['function']}, previous ", get_debug_type($e->getPrevious()), "\n";
        $dump = print_r($frame, true) . $e->getMessage() . $e->getTraceAsString();
        echo str_contains($dump, 'ada@') || str_contains($dump, API_KEY) ? "A VALUE IS TOLD\n" : '';
    }
}
?>
--EXPECT--
ConfigurationException < RuntimeExceptionbool(true)
ValidationException < RuntimeExceptionbool(true)
  readonly array $violations
TransportException < RuntimeExceptionbool(true)
TimeoutException < SecureDispatch\Exception\TransportExceptionbool(true)
RejectedException < RuntimeExceptionbool(true)
  readonly int $status
UnavailableException < RuntimeExceptionbool(true)
  readonly ?int $status
  readonly ?int $retryAfter

status:302
RejectedException code 302: the API refused the order with HTTP status 302 (Found). Redirects are never followed, since they would carry the key elsewhere: set secure_dispatch.endpoint to the final URL.
  status 302
  exceptions.php:15 secure_dispatch_order < hook, previous null

status:400,echo,echo-headers
RejectedException code 400: the API refused the order with HTTP status 400 (Bad Request). The same order would be refused again.
  status 400
  exceptions.php:15 secure_dispatch_order < hook, previous null

status:401
RejectedException code 401: the API refused the order with HTTP status 401 (Unauthorized). Check the API key and its header, secure_dispatch.api_key_header.
  status 401
  exceptions.php:15 secure_dispatch_order < hook, previous null

status:404
RejectedException code 404: the API refused the order with HTTP status 404 (Not Found). Check the path of secure_dispatch.endpoint.
  status 404
  exceptions.php:15 secure_dispatch_order < hook, previous null

status:409
RejectedException code 409: the API refused the order with HTTP status 409 (Conflict). The same order would be refused again.
  status 409
  exceptions.php:15 secure_dispatch_order < hook, previous null

status:413
RejectedException code 413: the API refused the order with HTTP status 413 (Payload Too Large). Check secure_dispatch.max_order_bytes against what the API takes.
  status 413
  exceptions.php:15 secure_dispatch_order < hook, previous null

status:422
RejectedException code 422: the API refused the order with HTTP status 422 (Unprocessable Entity). The same order would be refused again.
  status 422
  exceptions.php:15 secure_dispatch_order < hook, previous null

status:408
UnavailableException code 408: the API could not take the order now: HTTP status 408 (Request Timeout). Send it again later under the same idempotency key.
  status 408
  retryAfter null
  exceptions.php:15 secure_dispatch_order < hook, previous null

status:425
UnavailableException code 425: the API could not take the order now: HTTP status 425 (Too Early). Send it again later under the same idempotency key.
  status 425
  retryAfter null
  exceptions.php:15 secure_dispatch_order < hook, previous null

status:429,retry-after:7
UnavailableException code 429: the API could not take the order now: HTTP status 429 (Too Many Requests). Send it again later under the same idempotency key.
  status 429
  retryAfter 7
  exceptions.php:15 secure_dispatch_order < hook, previous null

status:500,reason:ada@example.test
UnavailableException code 500: the API could not take the order now: HTTP status 500 (Internal Server Error). Send it again later under the same idempotency key.
  status 500
  retryAfter null
  exceptions.php:15 secure_dispatch_order < hook, previous null

status:503,retry-after:Fri%2C 01 Jan 2100 00:00:00 GMT
UnavailableException code 503: the API could not take the order now: HTTP status 503 (Service Unavailable). Send it again later under the same idempotency key.
  status 503
  retryAfter 1000000000
  exceptions.php:15 secure_dispatch_order < hook, previous null

status:599
UnavailableException code 599: the API could not take the order now: HTTP status 599. Send it again later under the same idempotency key.
  status 599
  retryAfter null
  exceptions.php:15 secure_dispatch_order < hook, previous null

garbage
TransportException code 0: what came back is not an HTTP answer; the API may have taken the order. Send it again under the same idempotency key.
  exceptions.php:15 secure_dispatch_order < hook, previous null

half
TransportException code 0: the connection ended before the answer was whole; the API may have taken the order. Send it again under the same idempotency key.
  exceptions.php:15 secure_dispatch_order < hook, previous null

after:reset
TransportException code 0: the connection ended before the answer was whole; the API may have taken the order. Send it again under the same idempotency key.
  exceptions.php:15 secure_dispatch_order < hook, previous null
