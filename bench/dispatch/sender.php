<?php

declare(strict_types=1);

require_once __DIR__ . '/field.php';

/** A contender's process on the command line, which sends when it is its turn. */
final class Sender
{
    private $process;
    private array $pipes = [];

    /** `$order`: the file with the order's JSON; `$wrapper`: what the process runs under. */
    public function __construct(Field $field, string $name, string $order, array $wrapper = [])
    {
        $program = in_array($name, Field::WITHOUT_PHP, true) ? [getenv('FLOOR')] : [...$field->php($name), __DIR__ . '/contender.php'];
        $this->process = proc_open([...$wrapper, ...$program, $name, $order], [['pipe', 'r'], ['pipe', 'w']], $this->pipes, null, $field->environment + getenv());
    }

    /** Sends so many; `times`: what each took, in ns; `cpu`: user and system time of all, in µs; `resident`: PHP's memory afterwards, in KiB. */
    public function send(int $count): array
    {
        fwrite($this->pipes[0], "$count\n");
        return json_decode((string) fgets($this->pipes[1]), true, flags: JSON_THROW_ON_ERROR);
    }

    public function __destruct()
    {
        fclose($this->pipes[0]);
        proc_close($this->process);
    }
}
