"""HTTP and ONTAP's conventions. Knows no resource."""
