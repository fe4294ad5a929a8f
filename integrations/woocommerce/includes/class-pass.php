<?php
/**
 * Where a pass through orders is.
 *
 * @package SecureDispatch\WooCommerce
 */

namespace SecureDispatch\WooCommerce;

defined( 'ABSPATH' ) || exit;

/**
 * A pass through orders (or rows), in the sequence of their ids, which goes on where the last one ended.
 *
 * Other plugins' code runs for each order, and may end PHP: no memory is left, it exits, it takes too long. So that such an order does not
 * end every pass: a pass that follows one which did not come to its end keeps its place before each order, and the one after that begins behind
 * the order at which it stopped.
 */
final class Pass {

	/**
	 * Whether the last pass did not come to its end.
	 *
	 * @var bool
	 */
	private bool $is_careful;

	/**
	 * Begins, or goes on.
	 *
	 * @param string $option Where its place is kept; nothing: nowhere.
	 * @param array  $place  Where it begins if no other is at work. 'after': the id of the last order that is done.
	 */
	public function __construct( private readonly string $option, private array $place ) {
		$kept = '' === $option ? array() : (array) get_option( $option, array() );
		if ( isset( $kept['at'] ) ) {
			Log::line( 'error', "Order or row {$kept['at']} ended PHP when it was looked at ($option): it is passed over." );
			$kept['after'] = $kept['at'];
			unset( $kept['at'] );
		}
		$this->is_careful = isset( $kept['running'] );
		unset( $kept['running'] );
		$this->place = $kept + $place;
		$this->keep( array( 'running' => true ) );
	}

	/**
	 * Something of its place.
	 *
	 * @param string $what What.
	 * @return mixed
	 */
	public function place( string $what ) {
		return $this->place[ $what ];
	}

	/**
	 * An order is about to be looked at.
	 *
	 * @param int $id Its id.
	 */
	public function looks_at( int $id ): void {
		if ( $this->is_careful ) {
			$this->keep(
				array(
					'running' => true,
					'at'      => $id,
				)
			);
		}
	}

	/**
	 * It was looked at.
	 *
	 * @param int $id Its id.
	 */
	public function has_looked_at( int $id ): void {
		$this->place['after'] = $id;
	}

	/**
	 * The time is over, or something is wrong: the next one goes on from here.
	 */
	public function pause(): void {
		0 === $this->place['after'] ? $this->end() : $this->keep( array() );
	}

	/**
	 * All was looked at.
	 *
	 * @param array $place What is kept for the next one, other than that.
	 */
	public function end( array $place = array() ): void {
		if ( '' !== $this->option ) {
			array() === $place ? delete_option( $this->option ) : update_option( $this->option, $place, false );
		}
	}

	/**
	 * Keeps its place.
	 *
	 * @param array $more What else is to be known.
	 */
	private function keep( array $more ): void {
		if ( '' !== $this->option ) {
			update_option( $this->option, $more + $this->place, false );
		}
	}
}
