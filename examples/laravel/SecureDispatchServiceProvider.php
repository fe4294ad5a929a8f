<?php

/** app/Providers/SecureDispatchServiceProvider.php, to be named in bootstrap/providers.php. Laravel 11 or newer. */

declare(strict_types=1);

namespace App\Providers;

use Illuminate\Support\ServiceProvider;
use SecureDispatch\Dispatcher\DispatcherInterface;
use SecureDispatch\Dispatcher\ExtensionDispatcher;

final class SecureDispatchServiceProvider extends ServiceProvider
{
    public function register(): void
    {
        // No key and no URL in .env or config/: they are the extension's, in php.ini.
        $this->app->singleton(DispatcherInterface::class, ExtensionDispatcher::class);
    }
}
