"""What commands of Pulumi cost with this program: measured by hand (`make bench`), and no test."""
