//go:build purego || !(amd64 || arm64)

package aal5

func update(crc uint32, p []byte) uint32 { return updateGeneric(crc, p) }
