dist_man_MANS += %D%/respond.1 %D%/judge.1 %D%/evaluate.1
dist_man_MANS += %D%/record.1 %D%/plumbline-record.5 %D%/plumbline.7
dist_man_MANS += %D%/merge.1
dist_man_MANS += %D%/pack.1
dist_man_MANS += %D%/train.1
dist_man_MANS += %D%/dedup.1 %D%/prefpair.1
dist_man_MANS += %D%/prompt-augment.1 %D%/prompt-classify.1
dist_man_MANS += %D%/prompt-score.1 %D%/prompt-select.1
