<?php

/** What a host's operator does: puts the key into a file, and the settings into php.ini. */

[, $dir, $extension] = $argv;
$testbed = json_decode(file_get_contents("$dir/testbed.json"), true);

file_put_contents("$dir/api_key", 'demo-' . bin2hex(random_bytes(16)) . "\n");
chmod("$dir/api_key", 0600);
file_put_contents("$dir/php.ini", <<<INI
    extension = $extension
    secure_dispatch.endpoint = "https://localhost:{$testbed['doors']['main']['port']}/v1/orders"
    secure_dispatch.ca_file = {$testbed['ca']}
    secure_dispatch.api_key_file = $dir/api_key
    zend.exception_ignore_args = 0
    zend.exception_string_param_max_len = 1000

    INI);
