//go:build !purego

package aal5

import "math"

func assembled() (all []Implementation) {
	if leastCLMUL != math.MaxInt {
		all = append(all, Implementation{"pclmulqdq", fewestCLMUL, updateCLMUL})
	}
	if leastVPCLMUL != math.MaxInt {
		all = append(all, Implementation{"vpclmulqdq", fewestVPCLMUL, updateVPCLMUL})
	}
	return all
}
