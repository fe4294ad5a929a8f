--TEST--
doctor: where the log goes, and what keeps this user from writing it; looking changes nothing
--SKIPIF--
<?php if (fileowner('/proc/self') !== 0) die('skip needs root'); if (file_exists('/dev/log')) die('skip the system has a log of its own'); ?>
--CONFLICTS--
/dev/log
--FILE--
<?php
require __DIR__ . '/../harness/console.inc';
require __DIR__ . '/../harness/log.inc';
$settings = treated_path(dated());
$told = function (string $what, string $log, array $arguments = ['--user=www-data']) use ($settings): void {
    // So that the line that somebody looks is none of what is looked at.
    [$text, $exit] = console(['secure_dispatch.log' => $log, 'secure_dispatch.log_level' => 'warning'] + $settings, ['doctor', '--json', ...$arguments]);
    foreach (json_decode($text, true)['findings'] as $finding) {
        if ($finding['check'] === 'log') {
            echo "$what: $exit $finding[verdict]: ", str_replace(getenv('WORK'), '', "$finding[what] -> $finding[remedy]"), "\n";
        }
    }
};
$told('php', 'php');
$told('off', 'off');
$told('no system log', 'syslog');
$system = new SystemLog(scratch('.syslog'));
$told('syslog', 'syslog');
chmod('/dev/log', 0600);
$told('a closed system log', 'syslog');
unset($system);

mkdir($directory = getenv('WORK') . '/logs', 0750);
mkdir("$directory/directory");
$file = "$directory/audit.log";
$told('no directory', getenv('WORK') . '/nowhere/audit.log');
$told('a file for a directory', getenv('WORK') . '/api_key/audit.log');
$told("root's directory", $file);
chmod($directory, 0755);
$told("root's directory, open", $file);
chown($directory, 'www-data');
$told('the directory', $file);
$told('the directory, root', $file, []);
echo file_exists($file) ? "A FILE WAS MADE\n" : "no file was made\n";
file_put_contents($file, "a line\n");
touch($file, 1);
$told("root's file", $file);
$told("root's file, root", $file, []);
chown($file, 'www-data');
$told('the file', $file);
clearstatcache();
echo filemtime($file) === 1 && filesize($file) === 7 && count(glob("$directory/*")) === 2 ? "nothing was changed\n" : "SOMETHING WAS CHANGED\n";
link($file, "$directory/second");
$told('two names, root', $file, []);
unlink("$directory/second");
symlink($file, "$directory/link");
$told('a link', "$directory/link");
symlink('.', "$directory/way");
$told('a link on the way', "$directory/way/audit.log");
$told('a link on the way, root', "$directory/way/audit.log", []);
$told('a link on the way to none, root', "$directory/way/none.log", []);
$told('no file', "$directory/directory");
?>
--EXPECT--
php: 0 ok: lines go to PHP's own log (error_log) -> 
off: 0 ok: off: nothing is told to anybody -> 
no system log: 0 warning: there is no /dev/log, and so no system log -> start its service (or bind its socket into the container), or set secure_dispatch.log to a file
syslog: 0 ok: lines go to the system's log, /dev/log -> 
a closed system log: 0 warning: /dev/log takes nothing from this user (not permitted) -> start the system's log, or set secure_dispatch.log to a file
no directory: 0 warning: /nowhere, the directory of secure_dispatch.log, does not exist -> make one of the user that PHP runs as, with mode 0750
a file for a directory: 0 warning: /api_key/audit.log cannot be reached as this user (not a directory) -> its directory must be one of the user that PHP runs as
root's directory: 0 warning: /logs/audit.log cannot be reached as this user (not permitted) -> its directory must be one of the user that PHP runs as
root's directory, open: 0 warning: no file can be made in /logs as this user (not permitted) -> chown it to the user that PHP runs as
the directory: 0 ok: lines go to /logs/audit.log, which is made for the first one, as this user -> 
the directory, root: 0 ok: lines go to /logs/audit.log, which is made for the first one, as this user -> 
no file was made
root's file: 0 warning: /logs/audit.log cannot be written as this user (not permitted) -> chown it to the user that PHP runs as, and have logrotate make it so
root's file, root: 0 ok: lines go to /logs/audit.log, as this user -> 
the file: 0 ok: lines go to /logs/audit.log, as this user -> 
nothing was changed
two names, root: 0 warning: /logs/audit.log cannot be written as this user (it has a second name, and may be another's file) -> chown it to the user that PHP runs as, and have logrotate make it so
a link: 0 warning: /logs/link is a link, and none is followed -> set secure_dispatch.log to the file's own path
a link on the way: 0 ok: lines go to /logs/way/audit.log, as this user -> 
a link on the way, root: 0 warning: /logs/way/audit.log cannot be written as this user (on the way is a link that others may have put there, which root does not follow) -> chown it to the user that PHP runs as, and have logrotate make it so
a link on the way to none, root: 0 warning: no file can be made in /logs/way as this user (on the way is a link that others may have put there, which root does not follow) -> chown it to the user that PHP runs as
no file: 0 warning: /logs/directory is no regular file -> set secure_dispatch.log to the path of one
