--TEST--
Wrong custody is told: in one line of the log at start, in phpinfo() and in secure_dispatch_status(), with what to do
--SKIPIF--
<?php require __DIR__ . '/../harness/heist.inc'; heist_skips(); ?>
--FILE--
<?php
require __DIR__ . '/../harness/heist.inc';
/** What a set-up says of itself: each fault in the status, whether phpinfo() and the log have it too, and whether an order still goes out. */
function told(string $what, Stage $stage, array $parameters = []): void
{
    $key = unique_key();
    $output = $stage->run('<?php
        $status = secure_dispatch_status();
        ob_start();
        phpinfo(INFO_MODULES);
        $info = html_entity_decode(strip_tags(ob_get_clean()));
        $faults = [];
        foreach ($status["custody"] as $name => $protection) {
            if ($name === "no_native_code" || $name === "memory_secret" && !' . var_export(has_secret_memory(), true) . ') continue;
            foreach ($protection["faults"] as $fault) $faults[$name][] = [$fault, str_contains($info, $fault)];
        }
        try { secure_dispatch_order([1], "' . $key . '"); } catch (Throwable $thrown) { $faults["exception"][] = [$thrown->getMessage(), true]; }
        echo json_encode($faults, JSON_THROW_ON_ERROR);', $parameters);
    $dispatched = (requests($key)[0]['headers']['x-api-key'] ?? '') === $stage->key;
    $log = $stage->logs();
    echo "--- $what: ", $dispatched ? 'dispatched' : 'not dispatched', str_contains($output . $log, $stage->key) ? ', THE KEY IS TOLD' : '', "\n";
    foreach (json_decode($output, true) ?? [$output => []] as $name => $faults) {
        foreach ($faults as [$fault, $inInfo]) {
            $times = substr_count($log, $fault);
            echo "$name: ", preg_replace('/\(\/\S+,/', '(…,', $fault), $inInfo ? '' : ' NOT IN PHPINFO', " [logged: $times]\n";
        }
    }
}
function with_mode(Stage $stage, int $mode): Stage
{
    chmod($stage->keyPath, $mode);
    $stage->server->restart();
    return $stage;
}
$fpm = fn (string $source, array $settings = [], array $pool = []) => new Stage('fpm', getenv('EXTENSION'), $source, $settings, $pool + ['process.dumpable' => null]);
told('all is well', $fpm('file'));
told('a key file for others', with_mode($fpm('file'), 0644));
told('a key file for its group', with_mode($fpm('file'), 0640));
told('the key in an ini file for others', $fpm('ini'));
told('several sources', $fpm('environment', ['secure_dispatch.api_key' => 'THE KEY']));
told('a pool with env[]', $fpm('file', [], ['env[SECURE_DISPATCH_API_KEY]' => 'another']));
told('a pool with php_admin_value', $fpm('file', [], ['php_admin_value[secure_dispatch.api_key]' => 'another']));
told('a pool with php_value', $fpm('file', [], ['php_value[secure_dispatch.api_key]' => 'another']));
told('php-fpm -d', new Stage('fpm', getenv('EXTENSION'), 'arguments', [], ['process.dumpable' => null]));
told('harden off', $fpm('file', ['secure_dispatch.harden' => 'Off']));
told('the key under other names too', $fpm('environment', ['user_agent' => 'THE KEY']));
told('the key in a variable of the request', $fpm('file'), ['SECURE_DISPATCH_API_KEY' => 'another']);
told('a rootless master', new Stage('fpm rootless', getenv('EXTENSION'), 'environment', [], ['process.dumpable' => null]));
told('nothing set', new Stage('cli', getenv('EXTENSION'), 'none', ['secure_dispatch.endpoint' => null, 'secure_dispatch.ca_file' => null]));
?>
--EXPECT--
--- all is well: dispatched
--- a key file for others: dispatched
source_private: the file of secure_dispatch.api_key_file (…, mode 0644) can be read by others; chown it to root and chmod it to 0600 [logged: 1]
--- a key file for its group: dispatched
source_private: the file of secure_dispatch.api_key_file (…, mode 0640) can be read by its group; chown it to root and chmod it to 0600 [logged: 1]
--- the key in an ini file for others: dispatched
source_private: the file of secure_dispatch.api_key (…, mode 0644) can be read by others; chown it to root and chmod it to 0600 [logged: 1]
--- several sources: dispatched
source_private: the file of secure_dispatch.api_key (…, mode 0644) can be read by others; chown it to root and chmod it to 0600 [logged: 1]
one_source: the key is set in several places: secure_dispatch.api_key is used; remove it from environment variable SECURE_DISPATCH_API_KEY [logged: 1]
--- a pool with env[]: dispatched
supported_source: SECURE_DISPATCH_API_KEY was put into the environment after PHP's start (env[] of a php-fpm pool, fastcgi_param, SetEnv or PassEnv of Apache?), where any PHP code reads it; it is not used: set secure_dispatch.api_key_file in php.ini [logged: 1]
--- a pool with php_admin_value: dispatched
supported_source: a php-fpm pool (or a FastCGI request) sets php_admin_value[secure_dispatch.api_key], which comes too late and is not used; set secure_dispatch.api_key_file in php.ini [logged: 1]
--- a pool with php_value: dispatched
supported_source: a php-fpm pool (or a FastCGI request) sets php_admin_value[secure_dispatch.api_key], which comes too late and is not used; set secure_dispatch.api_key_file in php.ini [logged: 1]
--- php-fpm -d: dispatched
supported_source: the key is among php-fpm's arguments (-d), where every user of this host saw it, and where the next reload will not find it; set secure_dispatch.api_key_file instead [logged: 1]
--- harden off: dispatched
process_closed: secure_dispatch.harden is off, so that debuggers and core dumps of this process may show what passes through it; set it to 1 when debugging is done [logged: 1]
no_core_dump: secure_dispatch.harden is off, so that debuggers and core dumps of this process may show what passes through it; set it to 1 when debugging is done [logged: 1]
--- the key under other names too: dispatched
sources_erased: the key stands in php.ini (as user_agent) too, where PHP code can read it; remove it there [logged: 1]
--- the key in a variable of the request: dispatched
supported_source: SECURE_DISPATCH_API_KEY was put into the environment after PHP's start (env[] of a php-fpm pool, fastcgi_param, SetEnv or PassEnv of Apache?), where any PHP code reads it; it is not used: set secure_dispatch.api_key_file in php.ini [logged: 1]
--- a rootless master: dispatched
process_closed: php-fpm's master runs as the user of its PHP code, which can have it reload, and look into it before it is closed again; start it as root, or take the reading of its program from this user (chown root and chmod 0711 the php-fpm file), which has the kernel close it from the start [logged: 1]
--- nothing set: not dispatched
exception: no order is sent until these settings are corrected and PHP is restarted: secure_dispatch.endpoint is not set; set it to the https:// URL that takes the orders; secure_dispatch.api_key is not set, nor is any other source of the key: set secure_dispatch.api_key_file (best to a file that only root can read), secure_dispatch.api_key, a systemd credential or SECURE_DISPATCH_API_KEY [logged: 0]
