/** The tenant of everything that was there before there were tenants, and of clouds that serve one owner only. */
export const defaultTenantId = "default";
