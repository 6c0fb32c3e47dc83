// The package's name for the phrases of the display: `@visionvend/drivers/strings`.
export type { ScreenLanguage, ScreenMessages } from "../ssd1306/strings.ts";
export { messages } from "../ssd1306/strings.ts";
