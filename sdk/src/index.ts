// The SDK is imported by path, `@visionvend/sdk/basket/decide-basket`: a room loads what it names, and the device never
// loads zod. This entry has nothing of its own.
export {};
