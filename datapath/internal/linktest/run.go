package linktest

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
)

// Run runs the tests of a package. They fail if a goroutine of this project outlives them.
func Run(m *testing.M) (code int) {
	code = m.Run()
	if code != 0 {
		return code
	}
	buf := make([]byte, 1<<20)
	stacks := strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n")
	for _, s := range stacks[1:] {
		if strings.Contains(s, "callmanager/") {
			fmt.Fprintf(os.Stderr, "goroutine left behind:\n%s\n", s)
			code = 1
		}
	}
	return code
}
