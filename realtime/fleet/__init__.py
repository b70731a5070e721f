"""The whole platform on one machine: processes, a balancer, restarts one after the other."""
