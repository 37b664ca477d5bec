# The boot sector of a disk that is one ext2/3/4 filesystem.
#
# ext leaves sectors 0 and 1 free. SYSLINUX's volume boot record cannot stay in sector 0: PyGrub
# takes the code in its bytes 446-509 for a partition table and no longer finds the filesystem. So
# the record lies in sector 1, and this loader, which leaves those bytes alone, hands over to it.
#
# In:  DL = drive, CS:IP = 0:7C00 (or 7C0:0).   Out: DL = drive, SI = 0, jump to 0:7C00.
#
# Bytes 11-89 are those of a BIOS parameter block. SYSLINUX's core reads sector 0 again and takes
# the disk for FAT unless word 0x0E or byte 0x10 is zero; they stay zero but for the sector size.
#
# Built by rebuild.sh in this directory; WholeDiskLoaderTest compares the result.

	.code16
	.text
	.globl _start
_start:
	jmp	code
	.org	2
	nop
	.ascii	"VOYAGEUR"
	.org	0x0B
	.word	512
	.org	0x5A
code:
	cli
	xor	%ax, %ax
	mov	%ax, %ds
	mov	%ax, %es
	mov	%ax, %ss
	mov	$0x7C00, %sp
	sti
	cld
	mov	$0x7C00, %si
	mov	$0x0600, %di
	mov	$256, %cx
	rep movsw
	ljmp	$0, $(0x600 + moved - _start)
moved:
	# LBA 1 to 0:7C00 by the extended read, INT 13h AH=42h; every BIOS since about 1996 has it.
	mov	$3, %bp
retry:
	mov	$(0x600 + packet - _start), %si
	mov	$0x42, %ah
	push	%dx
	int	$0x13
	pop	%dx
	jnc	loaded
	xor	%ax, %ax
	push	%dx
	int	$0x13
	pop	%dx
	dec	%bp
	jnz	retry
	jmp	fail
loaded:
	cmpw	$0xAA55, 0x7DFE
	jne	fail
	# A partition entry at DS:SI would win over the record's own hidden-sectors field.
	xor	%si, %si
	ljmp	$0, $0x7C00
fail:
	mov	$(0x600 + message - _start), %si
next:
	lodsb
	test	%al, %al
	jz	halt
	mov	$0x0E, %ah
	mov	$7, %bx
	int	$0x10
	jmp	next
halt:
	hlt
	jmp	halt
packet:
	.byte	16, 0
	.word	1
	.word	0x7C00, 0
	.long	1, 0
message:
	.asciz	"voyageur: no boot record in sector 1\r\n"
	.org	440
