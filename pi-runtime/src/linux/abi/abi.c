/*
	Prints what the kernel headers of this machine say about the structures and requests that this folder encodes,
	one "name number" a line. abi.test.ts compiles and runs it where a C compiler and the headers are there.
*/
#include <linux/gpio.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <linux/spi/spidev.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>

#define NUMBER(name, value) printf("%s %llu\n", name, (unsigned long long)(value))
#define CONSTANT(name) NUMBER(#name, name)
#define SIZE(type) NUMBER("sizeof " #type, sizeof(struct type))
#define OFFSET(type, member) NUMBER(#type "." #member, offsetof(struct type, member))

int main(void)
{
	CONSTANT(GPIO_MAX_NAME_SIZE);
	CONSTANT(GPIO_V2_LINES_MAX);
	CONSTANT(GPIO_V2_LINE_NUM_ATTRS_MAX);
	CONSTANT(GPIO_GET_CHIPINFO_IOCTL);
	CONSTANT(GPIO_V2_GET_LINEINFO_IOCTL);
	CONSTANT(GPIO_V2_GET_LINE_IOCTL);
	CONSTANT(GPIO_V2_LINE_GET_VALUES_IOCTL);
	CONSTANT(GPIO_V2_LINE_SET_VALUES_IOCTL);
	CONSTANT(GPIO_V2_LINE_FLAG_USED);
	CONSTANT(GPIO_V2_LINE_FLAG_ACTIVE_LOW);
	CONSTANT(GPIO_V2_LINE_FLAG_INPUT);
	CONSTANT(GPIO_V2_LINE_FLAG_OUTPUT);
	CONSTANT(GPIO_V2_LINE_FLAG_EDGE_RISING);
	CONSTANT(GPIO_V2_LINE_FLAG_EDGE_FALLING);
	CONSTANT(GPIO_V2_LINE_FLAG_OPEN_DRAIN);
	CONSTANT(GPIO_V2_LINE_FLAG_OPEN_SOURCE);
	CONSTANT(GPIO_V2_LINE_FLAG_BIAS_PULL_UP);
	CONSTANT(GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN);
	CONSTANT(GPIO_V2_LINE_FLAG_BIAS_DISABLED);
	CONSTANT(GPIO_V2_LINE_ATTR_ID_FLAGS);
	CONSTANT(GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES);
	CONSTANT(GPIO_V2_LINE_ATTR_ID_DEBOUNCE);
	CONSTANT(GPIO_V2_LINE_EVENT_RISING_EDGE);
	CONSTANT(GPIO_V2_LINE_EVENT_FALLING_EDGE);
	SIZE(gpiochip_info);
	OFFSET(gpiochip_info, name);
	OFFSET(gpiochip_info, label);
	OFFSET(gpiochip_info, lines);
	SIZE(gpio_v2_line_values);
	OFFSET(gpio_v2_line_values, bits);
	OFFSET(gpio_v2_line_values, mask);
	SIZE(gpio_v2_line_attribute);
	OFFSET(gpio_v2_line_attribute, id);
	OFFSET(gpio_v2_line_attribute, values);
	SIZE(gpio_v2_line_config_attribute);
	OFFSET(gpio_v2_line_config_attribute, attr);
	OFFSET(gpio_v2_line_config_attribute, mask);
	SIZE(gpio_v2_line_config);
	OFFSET(gpio_v2_line_config, flags);
	OFFSET(gpio_v2_line_config, num_attrs);
	OFFSET(gpio_v2_line_config, attrs);
	SIZE(gpio_v2_line_request);
	OFFSET(gpio_v2_line_request, offsets);
	OFFSET(gpio_v2_line_request, consumer);
	OFFSET(gpio_v2_line_request, config);
	OFFSET(gpio_v2_line_request, num_lines);
	OFFSET(gpio_v2_line_request, event_buffer_size);
	OFFSET(gpio_v2_line_request, fd);
	SIZE(gpio_v2_line_info);
	OFFSET(gpio_v2_line_info, name);
	OFFSET(gpio_v2_line_info, consumer);
	OFFSET(gpio_v2_line_info, offset);
	OFFSET(gpio_v2_line_info, num_attrs);
	OFFSET(gpio_v2_line_info, flags);
	OFFSET(gpio_v2_line_info, attrs);
	SIZE(gpio_v2_line_event);
	OFFSET(gpio_v2_line_event, timestamp_ns);
	OFFSET(gpio_v2_line_event, id);
	OFFSET(gpio_v2_line_event, offset);
	OFFSET(gpio_v2_line_event, seqno);
	OFFSET(gpio_v2_line_event, line_seqno);

	CONSTANT(I2C_RDWR);
	CONSTANT(I2C_M_RD);
	CONSTANT(I2C_RDWR_IOCTL_MAX_MSGS);
	SIZE(i2c_msg);
	OFFSET(i2c_msg, addr);
	OFFSET(i2c_msg, flags);
	OFFSET(i2c_msg, len);
	OFFSET(i2c_msg, buf);
	SIZE(i2c_rdwr_ioctl_data);
	OFFSET(i2c_rdwr_ioctl_data, msgs);
	OFFSET(i2c_rdwr_ioctl_data, nmsgs);

	CONSTANT(SPI_IOC_MESSAGE(1));
	CONSTANT(SPI_IOC_WR_MODE);
	CONSTANT(SPI_IOC_WR_BITS_PER_WORD);
	CONSTANT(SPI_IOC_WR_MAX_SPEED_HZ);
	SIZE(spi_ioc_transfer);
	OFFSET(spi_ioc_transfer, tx_buf);
	OFFSET(spi_ioc_transfer, rx_buf);
	OFFSET(spi_ioc_transfer, len);
	OFFSET(spi_ioc_transfer, speed_hz);
	OFFSET(spi_ioc_transfer, delay_usecs);
	OFFSET(spi_ioc_transfer, bits_per_word);
	OFFSET(spi_ioc_transfer, cs_change);

	CONSTANT(O_RDONLY);
	CONSTANT(O_WRONLY);
	CONSTANT(O_RDWR);
	CONSTANT(O_NONBLOCK);
	CONSTANT(O_CLOEXEC);
	CONSTANT(POLLIN);
	CONSTANT(POLLERR);
	CONSTANT(POLLHUP);
	CONSTANT(POLLNVAL);
	SIZE(pollfd);
	OFFSET(pollfd, fd);
	OFFSET(pollfd, events);
	OFFSET(pollfd, revents);
	CONSTANT(EPERM);
	CONSTANT(ENOENT);
	CONSTANT(EINTR);
	CONSTANT(EIO);
	CONSTANT(ENXIO);
	CONSTANT(EBADF);
	CONSTANT(EAGAIN);
	CONSTANT(EACCES);
	CONSTANT(EFAULT);
	CONSTANT(EBUSY);
	CONSTANT(ENODEV);
	CONSTANT(EINVAL);
	CONSTANT(ENOTTY);
	CONSTANT(EMSGSIZE);
	CONSTANT(EOPNOTSUPP);
	CONSTANT(ETIMEDOUT);
	CONSTANT(EREMOTEIO);
	return 0;
}
