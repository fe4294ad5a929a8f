<?php

/**
 * Prints the stubs: signatures by Reflection of the built extension, words from docs.php. What has no words there stops it.
 *
 *     php -d extension=…/libsecure_dispatch.so stubs/generate.php > stubs/secure_dispatch.stub.php
 */

$docs = require __DIR__ . '/docs.php';
$extension = new ReflectionExtension('secure_dispatch');
$used = [];

$doc = function (string $name, string $indent = '') use ($docs, &$used): string {
    if (!isset($docs[$name])) {
        fwrite(STDERR, "stubs/docs.php says nothing of $name\n");
        exit(1);
    }
    $used[$name] = true;
    if ($docs[$name] === '') {
        return '';
    }
    $lines = explode("\n", $docs[$name]);
    if (count($lines) === 1) {
        return "$indent/** $lines[0] */\n";
    }
    return "$indent/**\n" . implode('', array_map(fn ($line) => rtrim("$indent * $line") . "\n", $lines)) . "$indent */\n";
};

// Names in full, as the stubs' namespaces would otherwise be put before them.
$type = fn (?ReflectionType $type): string => $type === null ? '' : preg_replace('/(?<![\w\\\\])(?=[A-Z])/', '\\', (string) $type);

$parameters = fn (ReflectionFunctionAbstract $function): string => implode(', ', array_map(
    fn (ReflectionParameter $parameter) => ($parameter->getAttributes(SensitiveParameter::class) ? '#[\SensitiveParameter] ' : '')
        . $type($parameter->getType()) . " \${$parameter->name}"
        . ($parameter->isOptional() ? ' = ' . strtolower(var_export($parameter->getDefaultValue(), true)) : ''),
    $function->getParameters(),
));

$signature = fn (ReflectionFunctionAbstract $function): string => "function {$function->getShortName()}({$parameters($function)})"
    . ($function->hasReturnType() ? ": {$type($function->getReturnType())}" : '');

$class = function (ReflectionClass $class) use ($doc, $type, $signature): string {
    $enum = $class->isEnum() ? new ReflectionEnum($class->name) : null;
    $parent = $class->getParentClass();
    $interfaces = array_diff(
        $class->getInterfaceNames(),
        $parent ? $parent->getInterfaceNames() : [],
        $enum ? ['UnitEnum', 'BackedEnum'] : [],
        $class->isInterface() ? ['Stringable'] : [],
    );
    $head = implode(' ', array_filter([
        $enum || $class->isInterface() ? '' : implode(' ', Reflection::getModifierNames($class->getModifiers())),
        match (true) { $enum !== null => 'enum', $class->isInterface() => 'interface', default => 'class' },
        $class->getShortName() . ($enum?->isBacked() ? ": {$enum->getBackingType()}" : ''),
        $parent ? "extends \\$parent->name" : '',
        $interfaces ? ($class->isInterface() ? 'extends ' : 'implements ') . implode(', ', array_map(fn ($name) => "\\$name", $interfaces)) : '',
    ]));
    $body = [];
    foreach ($enum?->getCases() ?? [] as $case) {
        $value = $case instanceof ReflectionEnumBackedCase ? ' = ' . var_export($case->getBackingValue(), true) : '';
        $body[] = $doc("$class->name::$case->name", '    ') . "    case $case->name$value;\n";
    }
    foreach ($enum ? [] : $class->getProperties() as $property) {
        if ($property->class === $class->name) {
            // A readonly class says it for all of its properties.
            $readonly = $property->isReadOnly() && !($class->getModifiers() & 65536) ? 'readonly ' : '';
            $body[] = $doc("$class->name::\$$property->name", '    ') . "    public $readonly{$type($property->getType())} \$$property->name;\n";
        }
    }
    foreach ($enum ? [] : $class->getMethods() as $method) {
        if ($method->class === $class->name && !$class->isInterface()) {
            $modifiers = implode(' ', Reflection::getModifierNames($method->getModifiers()));
            $body[] = $doc("$class->name::$method->name", '    ') . "    $modifiers {$signature($method)} {}\n";
        }
    }
    $body = implode("\n", $body);
    return $doc($class->name) . "$head\n{\n$body}\n";
};

$namespaces = [];
foreach ($extension->getFunctions() as $function) {
    $namespaces[''][] = $doc($function->name) . $signature($function) . " {}\n";
}
foreach ($extension->getClasses() as $reflected) {
    $namespaces[$reflected->getNamespaceName()][] = $class($reflected);
}
ksort($namespaces);

echo "<?php\n\n// Made by `make stubs` from extension {$extension->getName()} {$extension->getVersion()}: for IDEs and analysers, never loaded by PHP.\n";
foreach ($namespaces as $namespace => $parts) {
    $content = implode("\n", $parts);
    echo "\nnamespace $namespace", $namespace === '' ? '' : ' ', "{\n\n", preg_replace('/^(?=.)/m', '    ', $content), "\n}\n";
}

if ($unused = array_diff_key($docs, $used)) {
    fwrite(STDERR, 'stubs/docs.php describes what does not exist: ' . implode(', ', array_keys($unused)) . "\n");
    exit(1);
}
