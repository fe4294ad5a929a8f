<?php
/**
 * The door to the PHP extension.
 *
 * @package SecureDispatch\WooCommerce
 */

namespace SecureDispatch\WooCommerce;

use SecureDispatch\Outbox;
use SecureDispatch\Receipt as Answer;

defined( 'ABSPATH' ) || exit;

/**
 * The only code here that calls the extension.
 */
final class Extension {

	/**
	 * The oldest version that has all that is called here.
	 */
	private const MINIMUM = '0.1.0';

	/**
	 * Whether it is loaded, in a version that will do.
	 */
	public static function is_loaded(): bool {
		return function_exists( 'secure_dispatch_order' ) && version_compare( (string) phpversion( 'secure_dispatch' ), self::MINIMUM, '>=' )
			&& method_exists( Outbox::class, 'find' );
	}

	/**
	 * Why orders cannot be sent from this PHP, with what to do; null if they can.
	 */
	public static function fault(): ?string {
		if ( ! self::is_loaded() ) {
			return sprintf(
				/* translators: %s: a version number. */
				__( 'The PHP extension secure_dispatch is not loaded in this PHP, or older than %s. Ask your host to install it and to restart PHP; until then orders wait here, and are sent afterwards.', 'secure-dispatch' ),
				self::MINIMUM
			);
		}
		$problems = secure_dispatch_status()['problems'];
		if ( array() === $problems ) {
			return null;
		}
		return sprintf(
			/* translators: %s: one or more sentences, in English. */
			__( 'The settings of the PHP extension secure_dispatch (php.ini) are not right: %s. Whoever runs the server has to correct them and restart PHP; until then orders wait here, and are sent afterwards.', 'secure-dispatch' ),
			implode( '; ', $problems )
		);
	}

	/**
	 * Whether orders are kept on disk until they are delivered. A setting of php.ini that cannot change while PHP runs.
	 */
	public static function has_outbox(): bool {
		return '' !== (string) ini_get( 'secure_dispatch.outbox' );
	}

	/**
	 * Whether the outbox can be used, if there is to be one.
	 */
	public static function keeps(): bool {
		return ! self::has_outbox() || ! isset( self::status()['outbox']['fault'] );
	}

	/**
	 * The host that orders go to.
	 */
	public static function host(): string {
		$host = self::is_loaded() ? secure_dispatch_status()['endpoint_host'] : null;
		return $host ?? __( 'the service', 'secure-dispatch' );
	}

	/**
	 * What an exception of the extension's says, which holds nothing private; null for any other code's, which may hold anything.
	 *
	 * @param \Throwable $error The exception.
	 */
	public static function says( \Throwable $error ): ?string {
		return $error instanceof \SecureDispatch\Exception\SecureDispatchException ? $error->getMessage() : null;
	}

	/**
	 * Sends an order, or puts it into the outbox.
	 *
	 * @param array  $order What is to be sent; the extension's schema decides what of it leaves.
	 * @param string $key   Its idempotency key.
	 * @param bool   $waits Whether to wait for the answer.
	 * @throws \SecureDispatch\Exception\SecureDispatchException As secure_dispatch_order().
	 */
	public static function send( #[\SensitiveParameter] array $order, string $key, bool $waits ): Answer {
		return secure_dispatch_order( $order, $key, $waits );
	}

	/**
	 * What the outbox knows of an idempotency key.
	 *
	 * @param string $key The key.
	 * @return array|null As SecureDispatch\Outbox::find().
	 * @throws \SecureDispatch\Exception\SecureDispatchException The outbox cannot be used.
	 */
	public static function find( string $key ): ?array {
		return Outbox::find( $key );
	}

	/**
	 * Makes a dispatch due at once.
	 *
	 * @param string $id    The dispatch's id.
	 * @param bool   $force Even if a later dispatch of the same order was delivered.
	 * @throws \SecureDispatch\Exception\SecureDispatchException The outbox cannot be used.
	 */
	public static function retry( string $id, bool $force = false ): bool {
		return Outbox::retry( $id, $force );
	}

	/**
	 * Sends what is due.
	 *
	 * @param int $seconds For so long.
	 * @return array As SecureDispatch\Outbox::drain().
	 * @throws \SecureDispatch\Exception\SecureDispatchException The outbox cannot be used.
	 */
	public static function drain( int $seconds ): array {
		return Outbox::drain( $seconds );
	}

	/**
	 * What the outbox holds and has not delivered.
	 *
	 * @param int $limit So many at most.
	 * @return array[] As SecureDispatch\Outbox::list().
	 * @throws \SecureDispatch\Exception\SecureDispatchException The outbox cannot be used.
	 */
	public static function kept( int $limit ): array {
		return Outbox::list( $limit );
	}

	/**
	 * Makes all dispatches of a state due at once.
	 *
	 * @param string $state As for SecureDispatch\Outbox::list().
	 * @throws \SecureDispatch\Exception\SecureDispatchException The outbox cannot be used.
	 */
	public static function retry_all( string $state ): int {
		return Outbox::retryAll( $state );
	}

	/**
	 * Forgets a dispatch, which is then never sent.
	 *
	 * @param string $id The dispatch's id.
	 * @throws \SecureDispatch\Exception\SecureDispatchException The outbox cannot be used.
	 */
	public static function discard( string $id ): bool {
		return Outbox::discard( $id );
	}

	/**
	 * How things stand.
	 *
	 * @return array|null As secure_dispatch_status(); null if the extension is not there.
	 */
	public static function status(): ?array {
		return self::is_loaded() ? secure_dispatch_status() : null;
	}

	/**
	 * Everything between an order and the API, looked at.
	 *
	 * @return array[] As SecureDispatch\Doctor::examine().
	 */
	public static function examine(): array {
		return self::is_loaded() ? \SecureDispatch\Doctor::examine() : array();
	}
}
