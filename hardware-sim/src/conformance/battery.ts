import type { Board } from "../board/board.ts";
import { BatteryChip } from "../chips/battery.ts";
import { SeededRandom } from "../random.ts";

export function solder(board: Board): void {
	const divider = { upperOhms: 47_000, lowerOhms: 10_000 };
	board.setVoltage(1, new BatteryChip({ random: new SeededRandom(1), volts: 12.6, divider }).output);
}
