--TEST--
No dump of phpinfo(), the status, receipts, classes, constants, variables, exceptions or errors has the key
--SKIPIF--
<?php require __DIR__ . '/../harness/heist.inc'; heist_skips(); ?>
--FILE--
<?php
require __DIR__ . '/../harness/heist.inc';
heist(<<<'PHP'
    phpinfo();
    $show = function (mixed $value): void {
        print_r($value);
        var_dump($value);
        foreach ([fn () => var_export($value, true), fn () => serialize($value), fn () => json_encode($value), fn () => debug_zval_refcount($value),
            fn () => print_r((array) $value, true), fn () => print_r(get_object_vars($value), true), fn () => (string) $value] as $way) {
            try { print_r($way()); } catch (Throwable $thrown) { print_r($thrown); }
        }
    };
    $show(secure_dispatch_status());
    foreach ((new ReflectionExtension('secure_dispatch'))->getClasses() as $class) {
        echo $class;
        print_r([$class->getConstants(), $class->getStaticProperties(), $class->getDefaultProperties()]);
    }
    foreach ((new ReflectionExtension('secure_dispatch'))->getFunctions() as $function) {
        echo $function;
        print_r($function->getStaticVariables());
    }
    print_r([get_defined_constants(), get_defined_vars(), $GLOBALS, error_get_last()]);
    foreach ([[NAN], ['order_id' => 1], [fopen('php://memory', 'r')]] as $i => $order) {
        try {
            $show(secure_dispatch_order($order, $i === 1 ? treated('echo') : null));
        } catch (Throwable $thrown) {
            $show($thrown);
            echo $thrown, $thrown->getTraceAsString();
        }
    }
    try { secure_dispatch_order(['order_id' => 1], treated('status:401,echo,echo-headers')); } catch (Throwable $thrown) { $show($thrown); }
    trigger_error('an error of the attacker\'s');
    print_r(error_get_last());
    PHP, 'environment', SCENES, ['zend.exception_ignore_args' => 0, 'zend.exception_string_param_max_len' => 1000]);
?>
--EXPECT--
cli: nothing found, dispatched; naive: FOUND, dispatched
fpm: nothing found, dispatched; naive: FOUND, dispatched
fpm rootless: nothing found, dispatched; naive: FOUND, dispatched
apache: nothing found, dispatched; naive: FOUND, dispatched
