import type { Board } from "../board/board.ts";
import { SolenoidLockChip } from "../chips/solenoid-lock.ts";

export function solder(board: Board): void {
	new SolenoidLockChip({ clock: board.clock, coil: board.net(12), feedback: board.net(39) });
}
