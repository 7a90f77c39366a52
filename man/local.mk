dist_man_MANS += %D%/respond.1 %D%/judge.1 %D%/evaluate.1
