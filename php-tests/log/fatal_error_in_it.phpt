--TEST--
A fatal error while a drainer's lines are written to PHP's log: draining ends, what is done is kept, what is not told is counted
--SKIPIF--
<?php if (!exec('command -v cc')) die('skip needs a C compiler'); ?>
--FILE--
<?php
require __DIR__ . '/../harness/log.inc';
// Ends the request as PHP does when its memory is used up, when PHP's log is opened for the nth time.
file_put_contents($source = scratch('.c'), <<<'C'
    #define _GNU_SOURCE
    #include <dlfcn.h>
    #include <stdarg.h>
    #include <stdlib.h>
    #include <string.h>
    static int opened(const char *function, const char *path, int flags, int mode)
    {
        static int calls;
        const char *log = getenv("FATAL_LOG"), *at = getenv("FATAL_AT");
        if (log && at && !strcmp(path, log) && ++calls == atoi(at))
            ((void (*)(const char *, unsigned)) dlsym(RTLD_DEFAULT, "_zend_bailout"))("", 0);
        return ((int (*)(const char *, int, ...)) dlsym(RTLD_NEXT, function))(path, flags, mode);
    }
    #define OPEN(function) int function(const char *path, int flags, ...) \
    { va_list rest; va_start(rest, flags); int mode = va_arg(rest, int); va_end(rest); return opened(#function, path, flags, mode); }
    OPEN(open)
    OPEN(open64)
    C);
exec("cc -shared -fPIC -o $source.so $source -ldl 2>&1", $output, $exit);
if ($exit !== 0) exit(implode("\n", $output));
$settings = outbox_settings(['secure_dispatch.wait_ms' => 0, 'secure_dispatch.log_level' => 'debug']);
php('foreach (range(1, 4) as $n) secure_dispatch_order(["order_id" => $n]);', ['secure_dispatch.log' => 'off'] + $settings);
$log = scratch('.log');
echo php(<<<'PHP'
    // In this request PHP logs nothing more (php_log_err_with_severity's in_error_log).
    register_shutdown_function(function () {
        putenv('FATAL_AT');
        echo secure_dispatch_status()['counters']['log_lines_lost'], ' lost; ';
        echo implode(', ', array_column(SecureDispatch\Outbox::list(), 'state')), "; then ", json_encode(SecureDispatch\Outbox::drain(5)), PHP_EOL;
    });
    putenv('FATAL_AT=3');
    SecureDispatch\Outbox::drain(5);
    echo 'it went on';
    PHP, ['error_log' => $log] + $settings, ['LD_PRELOAD' => "$source.so", 'FATAL_LOG' => $log]);
echo log_events(file_get_contents($log)), "\n";
?>
--EXPECT--
2 lost; queued, queued; then {"delivered":2,"deferred":0,"rejected":0,"dead":0,"remaining":0,"next_ms":null}
attempt, delivered
