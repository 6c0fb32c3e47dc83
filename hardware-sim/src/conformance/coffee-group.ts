import type { Board } from "../board/board.ts";
import { CoffeeGroupChip } from "../chips/coffee-group.ts";

export function solder(board: Board): void {
	const chip = new CoffeeGroupChip({
		clock: board.clock,
		pins: {
			grinder: board.net(4),
			grinderCurrent: board.net(39),
			pump: board.net(6),
			flow: board.net(7),
			heater: board.net(8),
			safety: board.net(9),
			water: board.net(14),
			bins: { beans: board.net(15), cups: board.net(2) },
		},
	});
	board.setVoltage(5, () => chip.thermistorVolts());
}
