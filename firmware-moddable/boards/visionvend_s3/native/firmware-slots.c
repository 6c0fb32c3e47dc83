/*
	What src/moddable/native-slots.ts needs of ESP-IDF (app_update, esp_partition, PSA Crypto), in functions that the
	SDK's foreign function interface can call. Errors are esp_err_t or psa_status_t, 0 when all went well.
*/
#include <stdint.h>

#include "esp_ota_ops.h"
#include "esp_partition.h"
#include "psa/crypto.h"

#define DIGEST_BYTES 32
#define PUBLIC_KEY_BYTES 65
#define SIGNATURE_BYTES 64
#define PIECE_BYTES 1024

/* The slot that does not run. */
static const esp_partition_t *other(void)
{
	return esp_ota_get_next_update_partition(NULL);
}

int32_t vv_firmware_running(void)
{
	const esp_partition_t *running = esp_ota_get_running_partition();
	if (running == NULL)
		return -1;
	if (running->subtype == ESP_PARTITION_SUBTYPE_APP_OTA_0)
		return 0;
	return running->subtype == ESP_PARTITION_SUBTYPE_APP_OTA_1 ? 1 : -1;
}

int32_t vv_firmware_on_trial(void)
{
	esp_ota_img_states_t state;
	if (esp_ota_get_state_partition(esp_ota_get_running_partition(), &state) != ESP_OK)
		return 0;
	return state == ESP_OTA_IMG_VALID || state == ESP_OTA_IMG_UNDEFINED ? 0 : 1;
}

uint32_t vv_firmware_slot_bytes(void)
{
	const esp_partition_t *slot = other();
	return slot == NULL ? 0 : slot->size;
}

int32_t vv_firmware_erase(uint32_t offset, uint32_t byteLength)
{
	const esp_partition_t *slot = other();
	return slot == NULL ? ESP_ERR_NOT_FOUND : esp_partition_erase_range(slot, offset, byteLength);
}

int32_t vv_firmware_write(uint32_t offset, uint8_t *bytes, uint32_t from, uint32_t byteLength)
{
	const esp_partition_t *slot = other();
	return slot == NULL ? ESP_ERR_NOT_FOUND : esp_partition_write(slot, offset, bytes + from, byteLength);
}

int32_t vv_firmware_digest(uint32_t byteLength, uint8_t *digest)
{
	static uint8_t piece[PIECE_BYTES];
	const esp_partition_t *slot = other();
	psa_hash_operation_t hash = PSA_HASH_OPERATION_INIT;
	size_t length = 0;
	psa_status_t status;

	if (slot == NULL || byteLength > slot->size)
		return ESP_ERR_INVALID_SIZE;
	status = psa_crypto_init();
	if (status == PSA_SUCCESS)
		status = psa_hash_setup(&hash, PSA_ALG_SHA_256);
	for (uint32_t offset = 0; status == PSA_SUCCESS && offset < byteLength; offset += PIECE_BYTES) {
		uint32_t rest = byteLength - offset;
		uint32_t count = rest < PIECE_BYTES ? rest : PIECE_BYTES;
		esp_err_t error = esp_partition_read(slot, offset, piece, count);
		if (error != ESP_OK) {
			psa_hash_abort(&hash);
			return error;
		}
		status = psa_hash_update(&hash, piece, count);
	}
	if (status == PSA_SUCCESS)
		status = psa_hash_finish(&hash, digest, DIGEST_BYTES, &length);
	else
		psa_hash_abort(&hash);
	return status;
}

int32_t vv_firmware_verify(uint8_t *publicKey, uint8_t *digest, uint8_t *signature)
{
	psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
	psa_key_id_t key = 0;
	psa_status_t status = psa_crypto_init();
	if (status != PSA_SUCCESS)
		return 0;
	psa_set_key_type(&attributes, PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1));
	psa_set_key_bits(&attributes, 256);
	psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_VERIFY_HASH);
	psa_set_key_algorithm(&attributes, PSA_ALG_ECDSA(PSA_ALG_SHA_256));
	/* The import refuses a point that is not on the curve. */
	if (psa_import_key(&attributes, publicKey, PUBLIC_KEY_BYTES, &key) != PSA_SUCCESS)
		return 0;
	status = psa_verify_hash(key, PSA_ALG_ECDSA(PSA_ALG_SHA_256), digest, DIGEST_BYTES, signature, SIGNATURE_BYTES);
	psa_destroy_key(key);
	return status == PSA_SUCCESS ? 1 : 0;
}

int32_t vv_firmware_activate(void)
{
	const esp_partition_t *slot = other();
	/* Checks the image's header, segments and digest once more, and fails where they are not right. */
	return slot == NULL ? ESP_ERR_NOT_FOUND : esp_ota_set_boot_partition(slot);
}

int32_t vv_firmware_confirm(void)
{
	return esp_ota_mark_app_valid_cancel_rollback();
}

int32_t vv_firmware_reject(void)
{
	return esp_ota_mark_app_invalid_rollback();
}
