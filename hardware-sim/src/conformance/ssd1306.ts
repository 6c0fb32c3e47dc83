import type { Board } from "../board/board.ts";
import { SSD1306Chip } from "../chips/ssd1306.ts";

export function solder(board: Board): void {
	board.attachI2C({ data: 10, clock: 11 }, 0x3c, new SSD1306Chip());
}
