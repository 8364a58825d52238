package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"callmanager/client"
	"callmanager/vc"
)

// closeCommand closes anybody's call.
func closeCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "close HANDLE",
		Short: "Close the call on a VC, whoever owns it (root or group cmd-admin)",
		Args:  args(cobra.ExactArgs(1)),
		ValidArgsFunction: func(cmd *cobra.Command, argv []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(argv) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return a.complete(cmd, a.callHandles)
		},
		RunE: func(cmd *cobra.Command, argv []string) error {
			h, err := vc.ParseHandle(argv[0])
			if err != nil {
				return fmt.Errorf("%w: %w", err, errUsage)
			}
			return a.query(cmd, func(ctx context.Context, c *client.Conn) error {
				return c.CloseOther(ctx, uint64(h))
			})
		},
	}
}
