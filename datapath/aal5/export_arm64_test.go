//go:build !purego

package aal5

import "math"

func assembled() []Implementation {
	if leastPMULL == math.MaxInt {
		return nil
	}
	return []Implementation{{"pmull", fewestPMULL, updatePMULL}}
}
