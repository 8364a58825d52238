package carrier_test

import (
	"os"
	"testing"

	"callmanager/datapath/internal/linktest"
)

func TestMain(m *testing.M) { os.Exit(linktest.Run(m)) }
