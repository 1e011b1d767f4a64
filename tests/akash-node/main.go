// The program runs Akash's own node from its published module, with nothing of ours in it.
//
// It has no go.mod here: the replacements that the node needs are taken from its module when it is
// built (`cargo xtask test --real akash`). Where this was written the module could not be had, so
// this file has not been compiled by its authors.
package main

import (
	"fmt"
	"os"

	_ "pkg.akt.dev/go/sdkutil" // sets address prefixes and coins before anything else

	"pkg.akt.dev/node/v2/cmd/akash/cmd"
)

func main() {
	root, _ := cmd.NewRootCmd()
	if err := cmd.Execute(root, "AKASH"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
