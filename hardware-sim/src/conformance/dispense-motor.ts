import type { Board } from "../board/board.ts";
import { DispenseMotorChip } from "../chips/dispense-motor.ts";
import { DropSensorChip } from "../chips/drop-sensor.ts";
import { SeededRandom } from "../random.ts";

export function solder(board: Board): void {
	const { clock } = board;
	const random = new SeededRandom(1);
	const beam = new DropSensorChip({ clock, output: board.net(1), emitter: board.net(39) });
	for (const pin of [4, 5, 6, 7, 8, 9, 14, 15])
		new DispenseMotorChip({
			clock,
			gate: board.net(pin),
			home: board.net(2),
			random: random.fork(`motor ${pin}`),
			products: 5,
			onDrop: () => beam.fall(),
		});
}
