import type { Claims } from "./claims.ts";
import type { GPIOChip } from "./gpio-chip.ts";
import type { LinuxBoard } from "./linux-board.ts";
import type { LinuxSystem } from "./linux-system.ts";
import type { PWMChannels } from "./pwm-channels.ts";

/** What the provider gives to its IO classes. */
export interface LinuxHost {
	readonly system: LinuxSystem;
	readonly board: LinuxBoard;
	readonly claims: Claims;
	readonly pwm: PWMChannels;
	/** The chip that carries the board's pins, opened when it is first asked for. */
	gpioChip(): GPIOChip;
}
